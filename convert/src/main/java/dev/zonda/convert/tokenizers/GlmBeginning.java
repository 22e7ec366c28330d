package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/// What the code of ChatGLM's and GLM 4's own tokenizers puts before every text.
final class GlmBeginning {
  private GlmBeginning() {}

  /// Writes the tokens, if the vocabulary has them.
  ///
  /// @param ids of tokens by text
  static void write(
      List<String> tokens,
      Function<String, OptionalInt> ids,
      Notes notes,
      Metadata.Builder metadata) {
    List<Integer> found = new ArrayList<>();
    for (String token : tokens) {
      OptionalInt id = ids.apply(token);
      if (id.isEmpty()) {
        return;
      }
      found.add(id.getAsInt());
    }
    notes.add(
        "the tokenizer puts the tokens %s next to a text: written as %s, since GGUF has no"
                .formatted(found, TokenizerKeys.PREFIX)
            + " standard key for more than one");
    metadata.put(
        TokenizerKeys.PREFIX,
        MetadataValue.Array.ofInts(found.stream().mapToInt(Integer::intValue).toArray()));
  }
}
