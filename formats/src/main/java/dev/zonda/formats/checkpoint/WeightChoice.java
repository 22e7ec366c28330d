package dev.zonda.formats.checkpoint;

/// Whose word counts where a folder holds several weights.
public enum WeightChoice {
  /// transformers'.
  TRANSFORMERS,
  /// That of llama.cpp's converter.
  REFERENCE
}
