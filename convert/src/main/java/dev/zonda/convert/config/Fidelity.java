package dev.zonda.convert.config;

/// Which of the two counts where llama.cpp's converter, the reference, loses or falsifies what the
/// checkpoint says.
public enum Fidelity {
  /// The checkpoint: the right value is written with the standard GGUF key, and a note says so.
  CORRECTED,
  /// The reference: its very bytes are written.
  AS_REFERENCE
}
