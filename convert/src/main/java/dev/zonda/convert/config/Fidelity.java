package dev.zonda.convert.config;

/// Whose word counts where the reference converter loses or falsifies what the checkpoint says.
public enum Fidelity {
  /// The checkpoint's: what is right is written with the standard GGUF key, and a note says so.
  CORRECTED,
  /// The reference's: its very bytes.
  AS_REFERENCE
}
