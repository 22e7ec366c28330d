package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// How Laguna ends a turn: by a token that tokenizer.json takes for text, and config.json for a
/// second end of texts. llama.cpp's converter makes a control token of it, and the end of turns.
final class LagunaTurns {
  private static final String END = "</assistant>";
  private static final int CONTROL = 3;

  private LagunaTurns() {}

  static void write(JsonFields config, Metadata.Builder metadata) throws FormatException {
    Metadata written = metadata.build();
    List<MetadataValue> tokens = written.array(TokenizerKeys.TOKENS).orElse(List.of());
    List<MetadataValue> types =
        new ArrayList<>(written.array(TokenizerKeys.TOKEN_TYPE).orElse(List.of()));
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.get(id).equals(new MetadataValue.Text(END))) {
        types.set(id, new MetadataValue.Int32(CONTROL));
      }
    }
    metadata.put(TokenizerKeys.TOKEN_TYPE, new MetadataValue.Array(MetadataType.INT32, types));
    boolean isList = config.get("eos_token_id").filter(node -> node.isArray()).isPresent();
    Optional<List<Long>> ends = isList ? config.integers("eos_token_id") : Optional.empty();
    OptionalLong beginning = config.integer("bos_token_id", 0, Integer.MAX_VALUE);
    ends.orElse(List.of()).stream()
        .filter(id -> beginning.isEmpty() || id != beginning.getAsLong())
        .findFirst()
        .ifPresent(id -> metadata.putUint32(TokenizerKeys.EOT_ID, id));
  }
}
