package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.KernelChoice;
import dev.zonda.quantize.kernel.Kernels;
import java.util.Optional;

/// The codec of each tensor type.
public final class Codecs {
  private Codecs() {}

  /// The codec of a type, if there is one.
  public static Optional<Codec> of(TensorType type) {
    return of(type, KernelChoice.KERNELS);
  }

  static Optional<Codec> of(TensorType type, Kernels kernels) {
    return switch (type) {
      case F32 -> Optional.of(new F32());
      case F16 -> Optional.of(new F16());
      case BF16 -> Optional.of(new BF16(kernels));
      case Q4_0 -> Optional.of(new Q4_0(kernels));
      case Q4_1 -> Optional.of(new Q4_1(kernels));
      case Q5_0 -> Optional.of(new Q5_0(kernels));
      case Q5_1 -> Optional.of(new Q5_1(kernels));
      case Q8_0 -> Optional.of(new Q8_0(kernels));
      case Q2_K -> Optional.of(new Q2_K(kernels));
      case Q3_K -> Optional.of(new Q3_K(kernels));
      case Q4_K -> Optional.of(new Q4_K(kernels));
      case Q5_K -> Optional.of(new Q5_K(kernels));
      case Q6_K -> Optional.of(new Q6_K(kernels));
      case IQ4_NL -> Optional.of(new IQ4_NL(kernels));
      case IQ4_XS -> Optional.of(new IQ4_XS(kernels));
      case IQ3_S -> Optional.of(new IQ3_S(kernels));
      case IQ3_XXS -> Optional.of(new IQ3_XXS(kernels));
      case IQ2_S -> Optional.of(new IQ2_S(kernels));
      case IQ2_XS -> Optional.of(new IQ2_XS(kernels));
      case IQ2_XXS -> Optional.of(new IQ2_XXS(kernels));
      case IQ1_M -> Optional.of(new IQ1_M(kernels));
      case IQ1_S -> Optional.of(new IQ1_S(kernels));
      case TQ1_0 -> Optional.of(new TQ1_0(kernels));
      case TQ2_0 -> Optional.of(new TQ2_0(kernels));
      case MXFP4 -> Optional.of(new MXFP4(kernels));
      case NVFP4 -> Optional.of(new NVFP4(kernels));
      case Q1_0 -> Optional.of(new Q1_0());
      case Q2_0 -> Optional.of(new Q2_0());
      case Q8_1,
          Q8_K,
          I8,
          I16,
          I32,
          I64,
          F64,
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
          Optional.empty();
    };
  }
}
