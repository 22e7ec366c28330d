package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Numbers minus one, zero and one, of which a byte holds four: two bits each, from the lowest, for
/// rows that lie a quarter of the matrix apart. All have one scale, in single precision.
///
/// @param codes (a quarter of the rows, columns)
/// @param scale one number
/// @param use what is done with the scale
public record PackedTernary(Expression codes, Expression scale, Use use) implements Expression {
  private static final int IN_A_BYTE = 4;
  private static final int BITS = 2;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// What is done with the scale.
  public enum Use {
    FACTOR,
    DIVISOR
  }

  public PackedTernary {
    boolean fits =
        codes.type() == TensorType.U8
            && codes.shape().rank() == 2
            && codes.shape().elements() > 0
            && scale.shape().elements() == 1;
    if (!fits) {
      throw new IllegalArgumentException(
          "%s of type %s with %s scales"
              .formatted(codes.shape(), codes.type(), scale.shape().elements()));
    }
    scale = scale.as(TensorType.F32);
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return Shape.of(
        Math.multiplyExact(IN_A_BYTE, codes.shape().dimension(0)), codes.shape().rowLength());
  }

  /// The row of codes that holds a row.
  public long codeRow(long row) {
    return row % codes.shape().dimension(0);
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    float said = scale.rows(0, 1, MemorySegment.ofArray(new byte[Float.BYTES])).get(FLOAT, 0);
    float one = use == Use.FACTOR ? said : 1 / said;
    int columns = Math.toIntExact(shape().rowLength());
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(codes.rowBytes())]);
    for (long row = 0; row < count; row++) {
      int shift = BITS * (int) ((first + row) / codes.shape().dimension(0));
      MemorySegment in = codes.rows(codeRow(first + row), 1, own);
      for (int i = 0; i < columns; i++) {
        int number = (in.get(ValueLayout.JAVA_BYTE, i) >> shift & 3) - 1;
        scratch.set(FLOAT, row * rowBytes() + (long) i * Float.BYTES, number * one);
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
