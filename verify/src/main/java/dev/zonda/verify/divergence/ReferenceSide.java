package dev.zonda.verify.divergence;

import dev.zonda.formats.gguf.GgufModel;

/// What candidates are compared with.
public sealed interface ReferenceSide {
  /// For messages.
  String name();

  /// A model, evaluated together with the candidates.
  record Model(GgufModel model) implements ReferenceSide {
    @Override
    public String name() {
      return model.name();
    }
  }

  /// Logits that another run, or llama-perplexity, has stored: 16 bits per token of the vocabulary.
  record Stored(StoredLogits logits) implements ReferenceSide {
    @Override
    public String name() {
      return logits.file().toString();
    }
  }
}
