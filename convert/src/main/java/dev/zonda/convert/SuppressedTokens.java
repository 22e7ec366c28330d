package dev.zonda.convert;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Tokens that a model never writes, such as the places of images: generation_config.json lists
/// them.
final class SuppressedTokens {
  private static final String FILE = "generation_config.json";
  private static final String FIELD = "suppress_tokens";
  private static final String KEY = "tokenizer.ggml.suppress_tokens";

  /// The class for which llama.cpp's converter reads them.
  private static final String REFERENCE = "Gemma4UnifiedForConditionalGeneration";

  private SuppressedTokens() {}

  static void write(CheckpointFolder folder, MetadataRule.Source source, Metadata.Builder metadata)
      throws IOException {
    Optional<JsonNode> generation = folder.json(FILE);
    if (generation.isEmpty() || !generation.get().isObject()) {
      return;
    }
    Optional<List<Long>> ids =
        JsonFields.of(folder.path().resolve(FILE), generation.get()).integers(FIELD);
    JsonNode named = source.config().fields().node().path("architectures").path(0);
    boolean isOfReference = named.asString("").equals(REFERENCE);
    if (ids.isEmpty() || !(source.isCorrected() || isOfReference)) {
      return;
    }
    long[] outside =
        ids.get().stream()
            .mapToLong(Long::longValue)
            .filter(id -> id < 0 || id >= source.sizes().vocabulary())
            .toArray();
    if (outside.length > 0) {
      throw FormatException.in(
          folder.path().resolve(FILE),
          "%s: %d is not one of %d tokens"
              .formatted(FIELD, outside[0], source.sizes().vocabulary()));
    }
    if (!isOfReference) {
      source.noteDropped(FIELD + " of " + FILE, ids.get(), KEY);
    }
    metadata.put(
        KEY, MetadataValue.Array.ofInts(ids.get().stream().mapToInt(Math::toIntExact).toArray()));
  }
}
