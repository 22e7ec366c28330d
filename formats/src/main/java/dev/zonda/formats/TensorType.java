package dev.zonda.formats;

import java.util.Optional;

/// Every element type of GGUF and of safetensors: the one table of names, ids and sizes.
///
/// A tensor is stored in blocks of [#blockSize] consecutive values of a row, [#blockBytes] bytes
/// each. Ids are those of `enum ggml_type` (ggml.h); types that only one of the two formats knows
/// lack the other's name. Ids 4, 5, 31 to 33 and 36 to 38 were withdrawn by ggml.
public enum TensorType {
  F32(0, "F32", 1, 4),
  F16(1, "F16", 1, 2),
  Q4_0(2, null, 32, 18),
  Q4_1(3, null, 32, 20),
  Q5_0(6, null, 32, 22),
  Q5_1(7, null, 32, 24),
  Q8_0(8, null, 32, 34),
  Q8_1(9, null, 32, 36),
  Q2_K(10, null, 256, 84),
  Q3_K(11, null, 256, 110),
  Q4_K(12, null, 256, 144),
  Q5_K(13, null, 256, 176),
  Q6_K(14, null, 256, 210),
  Q8_K(15, null, 256, 292),
  IQ2_XXS(16, null, 256, 66),
  IQ2_XS(17, null, 256, 74),
  IQ3_XXS(18, null, 256, 98),
  IQ1_S(19, null, 256, 50),
  IQ4_NL(20, null, 32, 18),
  IQ3_S(21, null, 256, 110),
  IQ2_S(22, null, 256, 82),
  IQ4_XS(23, null, 256, 136),
  I8(24, "I8", 1, 1),
  I16(25, "I16", 1, 2),
  I32(26, "I32", 1, 4),
  I64(27, "I64", 1, 8),
  F64(28, "F64", 1, 8),
  IQ1_M(29, null, 256, 56),
  BF16(30, "BF16", 1, 2),
  TQ1_0(34, null, 256, 54),
  TQ2_0(35, null, 256, 66),
  MXFP4(39, null, 32, 17),
  NVFP4(40, null, 64, 36),
  Q1_0(41, null, 128, 18),
  Q2_0(42, null, 64, 18),
  BOOL(-1, "BOOL", 1, 1),
  U8(-1, "U8", 1, 1),
  U16(-1, "U16", 1, 2),
  U32(-1, "U32", 1, 4),
  U64(-1, "U64", 1, 8),
  C64(-1, "C64", 1, 8),
  F8_E5M2(-1, "F8_E5M2", 1, 1),
  F8_E4M3(-1, "F8_E4M3", 1, 1),
  F8_E8M0(-1, "F8_E8M0", 1, 1),
  F8_E4M3FNUZ(-1, "F8_E4M3FNUZ", 1, 1),
  F8_E5M2FNUZ(-1, "F8_E5M2FNUZ", 1, 1),
  F6_E2M3(-1, "F6_E2M3", 4, 3),
  F6_E3M2(-1, "F6_E3M2", 4, 3),
  F4(-1, "F4", 2, 1);

  private final int ggmlId;
  private final String safetensorsName;
  private final int blockSize;
  private final int blockBytes;

  TensorType(int ggmlId, String safetensorsName, int blockSize, int blockBytes) {
    this.ggmlId = ggmlId;
    this.safetensorsName = safetensorsName;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /// Values per block.
  public int blockSize() {
    return blockSize;
  }

  /// Bytes per block.
  public int blockBytes() {
    return blockBytes;
  }

  /// Whether several values share a block, so that single values cannot be addressed.
  public boolean isQuantized() {
    return blockSize > 1;
  }

  /// Whether this type holds values as they were trained: floats of 16 bits or more, which no
  /// quantizer writes.
  public boolean isPlainFloat() {
    return switch (this) {
      case F64, F32, F16, BF16 -> true;
      case Q4_0,
          Q4_1,
          Q5_0,
          Q5_1,
          Q8_0,
          Q8_1,
          Q2_K,
          Q3_K,
          Q4_K,
          Q5_K,
          Q6_K,
          Q8_K,
          IQ2_XXS,
          IQ2_XS,
          IQ3_XXS,
          IQ1_S,
          IQ4_NL,
          IQ3_S,
          IQ2_S,
          IQ4_XS,
          I8,
          I16,
          I32,
          I64,
          IQ1_M,
          TQ1_0,
          TQ2_0,
          MXFP4,
          NVFP4,
          Q1_0,
          Q2_0,
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
          false;
    };
  }

  /// Bits that one value takes, scales included.
  public double bitsPerWeight() {
    return 8.0 * blockBytes / blockSize;
  }

  /// The id in a GGUF file.
  ///
  /// @throws IllegalStateException if GGUF has no such type; ask [#isGgml] first
  public int ggmlId() {
    if (ggmlId < 0) {
      throw new IllegalStateException(name() + " is not a GGUF type");
    }
    return ggmlId;
  }

  public boolean isGgml() {
    return ggmlId >= 0;
  }

  /// The dtype in a safetensors header, if that format has one.
  public Optional<String> safetensorsName() {
    return Optional.ofNullable(safetensorsName);
  }

  /// Bytes of a run of values.
  ///
  /// @throws ArithmeticException if the size overflows 64 bits
  /// @throws IllegalArgumentException if the run is not a whole number of blocks
  public long byteSize(long values) {
    if (values < 0 || values % blockSize != 0) {
      throw new IllegalArgumentException(
          values + " values are not a whole number of " + name() + " blocks of " + blockSize);
    }
    return Math.multiplyExact(values / blockSize, (long) blockBytes);
  }

  public static Optional<TensorType> ofGgmlId(int id) {
    for (TensorType type : values()) {
      if (type.ggmlId == id && id >= 0) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  public static Optional<TensorType> ofSafetensorsName(String dtype) {
    for (TensorType type : values()) {
      if (dtype.equals(type.safetensorsName)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
