package dev.zonda.formats.checkpoint;

/// Whose choice counts if a folder holds several sets of weights.
public enum WeightChoice {
  /// The choice of transformers.
  TRANSFORMERS,
  /// The choice of llama.cpp's converter.
  REFERENCE
}
