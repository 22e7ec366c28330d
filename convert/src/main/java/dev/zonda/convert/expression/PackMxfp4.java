package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Blocks of 32 four-bit numbers and their scales, from two tensors into one of ggml's type MXFP4.
/// No value changes: the checkpoint pairs neighbours in a byte, ggml value `i` with value `i + 16`.
///
/// @param blocks bytes, (…, blocks, 16)
/// @param scales bytes, (…, blocks)
/// @param shape of the numbers, (…, 32 * blocks)
public record PackMxfp4(Expression blocks, Expression scales, Shape shape) implements Expression {
  /// Bytes of a block without its scale.
  private static final int HALF = 16;

  public PackMxfp4 {
    long perRow = shape.rowLength() / TensorType.MXFP4.blockSize();
    boolean fits =
        blocks.type() == TensorType.U8
            && scales.type() == TensorType.U8
            && blocks.shape().rowLength() == HALF
            && scales.shape().rowLength() == perRow
            && scales.shape().rows() == shape.rows()
            && blocks.shape().rows() == Math.multiplyExact(shape.rows(), perRow)
            && shape.rowLength() % TensorType.MXFP4.blockSize() == 0;
    if (!fits) {
      throw new IllegalArgumentException(
          "%s and %s are not %s".formatted(blocks.shape(), scales.shape(), shape));
    }
  }

  @Override
  public TensorType type() {
    return TensorType.MXFP4;
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    long perRow = scales.shape().rowLength();
    MemorySegment ownBlocks = MemorySegment.ofArray(new byte[Math.toIntExact(perRow * HALF)]);
    MemorySegment ownScales = MemorySegment.ofArray(new byte[Math.toIntExact(perRow)]);
    for (long row = 0; row < count; row++) {
      MemorySegment numbers = blocks.rows((first + row) * perRow, perRow, ownBlocks);
      MemorySegment exponents = scales.rows(first + row, 1, ownScales);
      for (long block = 0; block < perRow; block++) {
        long at = (row * perRow + block) * TensorType.MXFP4.blockBytes();
        scratch.set(ValueLayout.JAVA_BYTE, at, exponents.get(ValueLayout.JAVA_BYTE, block));
        for (int i = 0; i < HALF; i++) {
          int low = number(numbers, block, i);
          int high = number(numbers, block, i + HALF);
          scratch.set(ValueLayout.JAVA_BYTE, at + 1 + i, (byte) (low | high << 4));
        }
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private static int number(MemorySegment numbers, long block, int index) {
    int pair = numbers.get(ValueLayout.JAVA_BYTE, block * HALF + index / 2);
    return (pair >>> (4 * (index & 1))) & 15;
  }
}
