package dev.zonda.convert.tokenizers.files;

import java.util.ArrayList;
import java.util.List;

/// The special tokens of Llama 3, which Meta's program knows, and no file of the model.
public final class Llama3Tokens {
  private static final String RESERVED = "";

  private static final List<String> VERSION_3 =
      List.of(
          "<|begin_of_text|>",
          "<|end_of_text|>",
          RESERVED,
          RESERVED,
          RESERVED,
          RESERVED,
          "<|start_header_id|>",
          "<|end_header_id|>",
          RESERVED,
          "<|eot_id|>");

  /// From version 3.1 on, whose rotary embedding is scaled.
  private static final List<String> VERSION_3_1 =
      List.of(
          "<|begin_of_text|>",
          "<|end_of_text|>",
          RESERVED,
          RESERVED,
          "<|finetune_right_pad_id|>",
          RESERVED,
          "<|start_header_id|>",
          "<|end_header_id|>",
          "<|eom_id|>",
          "<|eot_id|>",
          "<|python_tag|>");

  /// How many there are at least.
  public static final int FEWEST = VERSION_3_1.size();

  private Llama3Tokens() {}

  /// Their names by id from the first on; empty if there must be more.
  public static List<String> names(int count, boolean isScaled) {
    if (count < FEWEST) {
      return List.of();
    }
    List<String> known = isScaled ? VERSION_3_1 : VERSION_3;
    List<String> names = new ArrayList<>();
    int reserved = 0;
    for (int i = 0; i < count; i++) {
      String name = i < known.size() ? known.get(i) : RESERVED;
      names.add(
          name.equals(RESERVED) ? "<|reserved_special_token_%d|>".formatted(reserved++) : name);
    }
    return names;
  }
}
