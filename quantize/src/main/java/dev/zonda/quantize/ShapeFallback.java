package dev.zonda.quantize;

import dev.zonda.formats.TensorType;

/// What takes the place of a type whose blocks do not fit into a tensor's rows.
final class ShapeFallback {
  private ShapeFallback() {}

  /// The type itself if rows of the given length are whole blocks of it; else one with smaller
  /// blocks and at least as many bits; F16 if even that does not fit.
  static TensorType fit(TensorType type, long rowLength) {
    if (rowLength % type.blockSize() == 0) {
      return type;
    }
    TensorType smaller =
        switch (type) {
          case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> TensorType.IQ4_NL;
          case Q2_0, Q2_K, Q3_K, TQ1_0, TQ2_0 -> TensorType.Q4_0;
          case Q4_K -> TensorType.Q5_0;
          case Q5_K -> TensorType.Q5_1;
          case Q6_K -> TensorType.Q8_0;
          default -> TensorType.F16;
        };
    return rowLength % smaller.blockSize() == 0 ? smaller : TensorType.F16;
  }
}
