package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// Turns rows of floats into the blocks of one tensor type, and back. Stateless and safe for use by
/// many threads.
public interface Codec {
  TensorType type();

  /// Whether importance weights make a difference.
  default boolean takesImportance() {
    return false;
  }

  /// Whether the type cannot be quantized to without importance weights.
  default boolean requiresImportance() {
    return false;
  }

  /// Quantizes whole rows.
  ///
  /// @param values at least `rows * rowLength` floats, row after row from index 0
  /// @param rows number of rows
  /// @param rowLength values per row, a multiple of the type's block size
  /// @param importance weight of each column, or none; types that take no weights ignore it
  /// @param out receives `rows * type().byteSize(rowLength)` bytes
  /// @param at byte in `out` where the first row goes
  /// @throws IllegalArgumentException if there are no weights and the type requires them
  void quantize(
      float[] values, int rows, int rowLength, Importance importance, MemorySegment out, long at);

  /// Dequantizes whole blocks.
  ///
  /// @param in holds the blocks
  /// @param at byte in `in` of the first block
  /// @param values receives the floats
  /// @param offset index in `values` of the first float
  /// @param count values to dequantize, a multiple of the type's block size
  void dequantize(MemorySegment in, long at, float[] values, int offset, int count);
}
