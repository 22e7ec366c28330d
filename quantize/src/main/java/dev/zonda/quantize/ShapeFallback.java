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
          case F32,
              F16,
              Q4_0,
              Q4_1,
              Q5_0,
              Q5_1,
              Q8_0,
              Q8_1,
              Q8_K,
              IQ4_NL,
              I8,
              I16,
              I32,
              I64,
              F64,
              BF16,
              MXFP4,
              NVFP4,
              Q1_0,
              BOOL,
              U8,
              U16,
              U32,
              U64,
              C64,
              F8_E5M2,
              F8_E4M3,
              F8_E8M0,
              F8_E4M3FNUZ,
              F8_E5M2FNUZ,
              F6_E2M3,
              F6_E3M2,
              F4 ->
              TensorType.F16;
        };
    return rowLength % smaller.blockSize() == 0 ? smaller : TensorType.F16;
  }
}
