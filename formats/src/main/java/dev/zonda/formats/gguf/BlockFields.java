package dev.zonda.formats.gguf;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// Which bytes of a block are numbers of several bytes, and thus lie the other way round in a big
/// endian file.
///
/// These are the members of ggml's block structures that a machine reads as numbers: 16-bit scales,
/// and the few words that it assembles from bytes (`qh` of Q5_0, the signs of IQ3_XXS). For the
/// types that llama.cpp's own converter of byte orders knows, this is what it swaps.
///
/// @param first byte of the first number within the block
/// @param width bytes of each number
/// @param count of numbers, one after the other
record BlockFields(int first, int width, int count) {
  /// The fields of a type's block; empty if the type has no meaning in big endian files, because
  /// ggml reads the same bytes once as a word and once as bytes.
  static Optional<List<BlockFields>> of(TensorType type) {
    return switch (type) {
      case I8, MXFP4, NVFP4 -> Optional.of(List.of());
      case F16, BF16, I16 -> fields(new BlockFields(0, 2, 1));
      case F32, I32 -> fields(new BlockFields(0, 4, 1));
      case F64, I64 -> fields(new BlockFields(0, 8, 1));
      case Q4_0, Q8_0, IQ4_NL, Q1_0, Q2_0, IQ2_S, IQ3_S -> fields(new BlockFields(0, 2, 1));
      case Q4_1, Q8_1, Q4_K, Q5_K, IQ4_XS -> fields(new BlockFields(0, 2, 2));
      case Q5_0 -> fields(new BlockFields(0, 2, 1), new BlockFields(2, 4, 1));
      case Q5_1 -> fields(new BlockFields(0, 2, 2), new BlockFields(4, 4, 1));
      case Q2_K -> fields(new BlockFields(80, 2, 2));
      case Q3_K -> fields(new BlockFields(108, 2, 1));
      case Q6_K -> fields(new BlockFields(208, 2, 1));
      case Q8_K -> fields(new BlockFields(0, 4, 1), new BlockFields(260, 2, 16));
      case IQ2_XS -> fields(new BlockFields(0, 2, 33));
      case IQ3_XXS -> fields(new BlockFields(0, 2, 1), new BlockFields(66, 4, 8));
      case IQ1_S -> fields(new BlockFields(0, 2, 1), new BlockFields(34, 2, 8));
      case IQ1_M -> fields(new BlockFields(48, 2, 4));
      case TQ1_0 -> fields(new BlockFields(52, 2, 1));
      case TQ2_0 -> fields(new BlockFields(64, 2, 1));
      case IQ2_XXS,
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

  private static Optional<List<BlockFields>> fields(BlockFields... fields) {
    return Optional.of(List.of(fields));
  }

  /// Copies whole blocks and turns their numbers round.
  static void copySwapped(TensorType type, MemorySegment from, MemorySegment to) {
    List<BlockFields> fields = of(type).orElseThrow();
    long length = from.byteSize();
    MemorySegment.copy(from, 0, to, 0, length);
    for (long block = 0; block < length; block += type.blockBytes()) {
      for (BlockFields field : fields) {
        for (int i = 0; i < field.count; i++) {
          swap(to, block + field.first + (long) i * field.width, field.width);
        }
      }
    }
  }

  private static void swap(MemorySegment bytes, long at, int width) {
    for (int low = 0, high = width - 1; low < high; low++, high--) {
      byte kept = bytes.get(ValueLayout.JAVA_BYTE, at + low);
      bytes.set(ValueLayout.JAVA_BYTE, at + low, bytes.get(ValueLayout.JAVA_BYTE, at + high));
      bytes.set(ValueLayout.JAVA_BYTE, at + high, kept);
    }
  }
}
