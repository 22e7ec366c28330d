package dev.zonda.quantize.imatrix;

import java.util.Locale;

/// How an importance matrix is stored.
public enum ImatrixFormat {
  /// Sums and counts as tensors of a GGUF.
  GGUF,
  /// The older form: means, without the counts of experts.
  DAT;

  /// Reads `gguf` or `dat`, in upper or lower case.
  ///
  /// @throws IllegalArgumentException if it is neither; the message is for the user
  public static ImatrixFormat parse(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "gguf" -> GGUF;
      case "dat" -> DAT;
      default -> throw new IllegalArgumentException("'" + name + "' is neither gguf nor dat");
    };
  }
}
