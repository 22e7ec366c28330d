package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/// Numbers of a few bits in words of 32 bits, row by row, as compressed-tensors packs them. Each
/// group of a row has a scale and a zero; if zeros are not stored, each is the middle of the range:
/// `(number - zero) * scale` in single precision.
///
/// @param words (rows, columns in words), the last word of a row filled up
/// @param zeros words: (rows in words, groups)
/// @param scales (rows, groups); if there is one row, it is for all rows
/// @param groups the group of each column; if empty, groups are equal runs of columns
/// @param bits of a number: 1 to 8
/// @param shape (rows, columns)
public record PackedRows(
    Expression words,
    Optional<Expression> zeros,
    Expression scales,
    Optional<Expression> groups,
    int bits,
    Shape shape)
    implements Expression {
  private static final int MOST_BITS = 8;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public PackedRows {
    boolean fits =
        bits >= 1
            && bits <= MOST_BITS
            && words.type() == TensorType.I32
            && shape.rank() == 2
            && shape.elements() > 0
            && scales.shape().rank() == 2;
    if (fits) {
      long rows = shape.dimension(0);
      long columns = shape.dimension(1);
      long scaleRows = scales.shape().dimension(0);
      long count = scales.shape().dimension(1);
      Shape zeroShape = Shape.of(BitRun.words(rows, bits), count);
      fits =
          words.shape().equals(Shape.of(rows, BitRun.words(columns, bits)))
              && (scaleRows == rows || scaleRows == 1)
              && count > 0
              && (groups.isPresent() || columns % count == 0)
              && groups.stream()
                  .allMatch(index ->
                      index.type() == TensorType.I32 && index.shape().equals(Shape.of(columns)))
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
  public MemorySegment rows(long first, long rowCount, MemorySegment scratch) {
    int columns = Math.toIntExact(shape.rowLength());
    int count = Math.toIntExact(scales.shape().rowLength());
    int[] groupOf = groupOf(columns, count);
    MemorySegment ownWords = MemorySegment.ofArray(new byte[Math.toIntExact(words.rowBytes())]);
    MemorySegment ownScales =
        MemorySegment.ofArray(new byte[Math.multiplyExact(count, Float.BYTES)]);
    int[] packed = new int[Math.toIntExact(words.shape().rowLength())];
    float[] factors = new float[count];
    float[] out = new float[columns];
    for (long row = 0; row < rowCount; row++) {
      int[] zero = zeros(first + row, count);
      long scaleRow = scales.shape().dimension(0) == 1 ? 0 : first + row;
      MemorySegment.copy(words.rows(first + row, 1, ownWords), INT, 0, packed, 0, packed.length);
      MemorySegment.copy(scales.rows(scaleRow, 1, ownScales), FLOAT, 0, factors, 0, count);
      for (int i = 0; i < columns; i++) {
        int group = groupOf[i];
        out[i] = (BitRun.number(packed, i, bits) - zero[group]) * factors[group];
      }
      MemorySegment.copy(out, 0, scratch, FLOAT, row * rowBytes(), columns);
    }
    return scratch.asSlice(0, rowCount * rowBytes());
  }

  private int[] groupOf(int columns, int count) {
    int[] all = new int[columns];
    if (groups.isPresent()) {
      MemorySegment own =
          MemorySegment.ofArray(new byte[Math.multiplyExact(columns, Integer.BYTES)]);
      MemorySegment.copy(groups.get().rows(0, 1, own), INT, 0, all, 0, columns);
    } else {
      int width = columns / count;
      for (int i = 0; i < columns; i++) {
        all[i] = i / width;
      }
    }
    return all;
  }

  private int[] zeros(long row, int count) {
    int[] zero = new int[count];
    if (zeros.isEmpty()) {
      Arrays.fill(zero, 1 << (bits - 1));
      return zero;
    }
    Expression packed = zeros.get();
    long bit = row * bits;
    long word = bit / Integer.SIZE;
    int held = (int) Math.min(2, packed.shape().dimension(0) - word);
    MemorySegment own =
        MemorySegment.ofArray(new byte[Math.multiplyExact(2 * count, Integer.BYTES)]);
    MemorySegment read = packed.rows(word, held, own);
    for (int group = 0; group < count; group++) {
      int low = read.get(INT, (long) group * Integer.BYTES);
      int above = held == 2 ? read.get(INT, (long) (count + group) * Integer.BYTES) : 0;
      zero[group] = BitRun.number(low, above, (int) (bit % Integer.SIZE), bits);
    }
    return zero;
  }
}
