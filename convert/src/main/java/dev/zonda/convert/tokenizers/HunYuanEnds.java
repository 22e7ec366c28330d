package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// Hunyuan's tokens that end a document or a turn, which generation_config.json lists.
///
/// llama.cpp's converter (the reference) writes config.json's `eod_token_id` as EOS, and the first
/// of the list as the end of a turn. transformers ends texts at any of the list.
///
/// @param size tokens that the model has
record HunYuanEnds(TokenizerFiles files, int size, Fidelity fidelity, Notes notes) {
  private static final String DOCUMENT_END = "eod_token_id";
  private static final String GENERATION = "generation_config.json";

  /// What transformers' configuration classes fill in, and the reference writes.
  private static final long USUAL_DOCUMENT_END = 3;

  void write(Metadata.Builder metadata) throws IOException {
    List<Long> ends = ends();
    OptionalLong ofDocument = documentEnd();
    if (fidelity == Fidelity.AS_REFERENCE) {
      ofDocument.ifPresent(id -> metadata.putUint32(TokenizerKeys.EOS_ID, id));
      if (ends.size() >= 2) {
        metadata.putUint32(TokenizerKeys.EOT_ID, ends.getFirst());
      }
      return;
    }
    OptionalLong eos = metadata.build().integer(TokenizerKeys.EOS_ID);
    Optional<Long> other =
        ends.stream()
            .filter(id -> id >= 0 && id < size && !eos.equals(OptionalLong.of(id)))
            .findFirst();
    other.ifPresent(id -> metadata.putUint32(TokenizerKeys.EOT_ID, id));
    if (ofDocument.isPresent() && !ofDocument.equals(eos)) {
      notes.add(
          "%s is %d, and EOS is %s for transformers: written as that; llama.cpp's converter writes the former (--as-reference)"
              .formatted(
                  DOCUMENT_END,
                  ofDocument.getAsLong(),
                  eos.isPresent() ? Long.toString(eos.getAsLong()) : "none"));
    }
  }

  private OptionalLong documentEnd() throws FormatException {
    JsonFields config = files.config().with("text_config");
    if (config.mentions(DOCUMENT_END)) {
      return config.integer(DOCUMENT_END, 0, Integer.MAX_VALUE);
    }
    return fidelity == Fidelity.AS_REFERENCE
        ? OptionalLong.of(USUAL_DOCUMENT_END)
        : OptionalLong.empty();
  }

  private List<Long> ends() throws IOException {
    Optional<JsonFields> generation = files.object(GENERATION);
    Optional<JsonNode> said =
        generation.isEmpty() ? Optional.empty() : generation.get().get("eos_token_id");
    List<Long> ends = new ArrayList<>();
    if (said.isPresent() && said.get().isArray()) {
      ends.addAll(generation.get().integers("eos_token_id").orElseThrow());
    }
    return ends;
  }
}
