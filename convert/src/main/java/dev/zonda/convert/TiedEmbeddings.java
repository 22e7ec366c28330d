package dev.zonda.convert;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import java.util.Optional;

/// Tells where config.json and the weights disagree on whether the output matrix is the embedding.
/// The weights are believed: an output matrix that is there is written, one that is not cannot be.
final class TiedEmbeddings {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String OUTPUT = "lm_head.weight";

  private TiedEmbeddings() {}

  static void check(JsonFields config, Checkpoint weights, Notes notes) throws FormatException {
    boolean tied = config.bool("tie_word_embeddings").orElse(false);
    Optional<TensorInfo> output = weights.find(OUTPUT);
    if (!tied && output.isEmpty()) {
      notes.add(
          OUTPUT
              + " is missing, though config.json does not tie the embeddings: the embedding will"
              + " serve as output matrix");
    }
    if (tied && output.isPresent() && !isSame(weights, output.get())) {
      notes.add(
          OUTPUT
              + " differs from "
              + EMBEDDING
              + ", though config.json ties them: the file's own output matrix is written");
    }
  }

  private static boolean isSame(Checkpoint weights, TensorInfo output) {
    Optional<TensorInfo> embedding = weights.find(EMBEDDING);
    return embedding.isPresent()
        && embedding.get().type() == output.type()
        && embedding.get().shape().equals(output.shape())
        && weights.data(embedding.get()).mismatch(weights.data(output)) < 0;
  }
}
