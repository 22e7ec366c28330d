package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/// Numbers of a few bits in words of 32, row by row, as compressed-tensors packs them. Each group
/// of a row has a scale and, or all have the middle of the range, a zero: `(number - zero) * scale`
/// in single precision.
///
/// @param words (rows, columns / numbers per word), the last of a row filled up
/// @param zeros words: (rows / numbers per word, groups)
/// @param scales (rows, groups)
/// @param bits of a number: 2, 4 or 8
/// @param shape (rows, columns)
public record PackedRows(
    Expression words, Optional<Expression> zeros, Expression scales, int bits, Shape shape)
    implements Expression {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public PackedRows {
    boolean fits =
        (bits == 2 || bits == 4 || bits == 8)
            && words.type() == TensorType.I32
            && shape.rank() == 2
            && shape.elements() > 0
            && scales.shape().rank() == 2;
    if (fits) {
      long rows = shape.dimension(0);
      long columns = shape.dimension(1);
      long groups = scales.shape().dimension(1);
      int perWord = Integer.SIZE / bits;
      Shape zeroShape = Shape.of(Math.ceilDiv(rows, (long) perWord), groups);
      fits =
          words.shape().equals(Shape.of(rows, Math.ceilDiv(columns, (long) perWord)))
              && scales.shape().dimension(0) == rows
              && groups > 0
              && columns % groups == 0
              && zeros.stream()
                  .allMatch(
                      zero -> zero.type() == TensorType.I32 && zero.shape().equals(zeroShape));
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "%s and %s are not %s".formatted(words.shape(), scales.shape(), shape));
    }
    scales = scales.as(TensorType.F32);
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    int columns = Math.toIntExact(shape.rowLength());
    int groups = Math.toIntExact(scales.shape().rowLength());
    MemorySegment ownWords = MemorySegment.ofArray(new byte[Math.toIntExact(words.rowBytes())]);
    MemorySegment ownScales =
        MemorySegment.ofArray(new byte[Math.multiplyExact(groups, Float.BYTES)]);
    int[] packed = new int[Math.toIntExact(words.shape().rowLength())];
    float[] factors = new float[groups];
    float[] out = new float[columns];
    for (long row = 0; row < count; row++) {
      int[] zero = zeros(first + row, groups);
      MemorySegment.copy(words.rows(first + row, 1, ownWords), INT, 0, packed, 0, packed.length);
      MemorySegment.copy(scales.rows(first + row, 1, ownScales), FLOAT, 0, factors, 0, groups);
      int width = columns / groups;
      for (int group = 0; group < groups; group++) {
        for (int i = group * width; i < (group + 1) * width; i++) {
          out[i] = (number(packed[i / perWord()], i % perWord()) - zero[group]) * factors[group];
        }
      }
      MemorySegment.copy(out, 0, scratch, FLOAT, row * rowBytes(), columns);
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private int[] zeros(long row, int groups) {
    int[] zero = new int[groups];
    if (zeros.isPresent()) {
      MemorySegment own =
          MemorySegment.ofArray(new byte[Math.multiplyExact(groups, Integer.BYTES)]);
      MemorySegment.copy(zeros.get().rows(row / perWord(), 1, own), INT, 0, zero, 0, groups);
    }
    for (int group = 0; group < groups; group++) {
      zero[group] =
          zeros.isPresent() ? number(zero[group], (int) (row % perWord())) : 1 << (bits - 1);
    }
    return zero;
  }

  private int perWord() {
    return Integer.SIZE / bits;
  }

  private int number(int word, int index) {
    return (word >>> (bits * index)) & ((1 << bits) - 1);
  }
}
