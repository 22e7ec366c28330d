package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/// Numbers of one byte, each minus the zero of its block, times its scale, in single precision.
///
/// @param codes FP8 or eight-bit integers
/// @param scales one for each block
/// @param zeros one for each block; if there are none, 0
/// @param block extent of a block in each dimension; those at the end of a dimension may be cut
public record ScaledBytes(
    Expression codes, Expression scales, Optional<Expression> zeros, List<Long> block)
    implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public ScaledBytes {
    block = List.copyOf(block);
    Shape shape = codes.shape();
    if (ByteValues.of(codes.type()).isEmpty()) {
      throw new IllegalArgumentException("no values are known for the bytes of " + codes.type());
    }
    boolean fits =
        !scales.type().isQuantized()
            && shape.rank() > 0
            && block.size() == shape.rank()
            && scales.shape().rank() == shape.rank()
            && (zeros.isEmpty() || zeros.get().shape().equals(scales.shape()));
    for (int i = 0; fits && i < shape.rank(); i++) {
      fits =
          block.get(i) > 0
              && scales.shape().dimension(i) == Math.ceilDiv(shape.dimension(i), block.get(i));
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "%s %s has no scales %s in blocks of %s"
              .formatted(codes.type(), shape, scales.shape(), block));
    }
    scales = scales.as(TensorType.F32);
    zeros = zeros.map(values -> values.as(TensorType.F32));
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return codes.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    float[] table = ByteValues.of(codes.type()).orElseThrow();
    int length = Math.toIntExact(shape().rowLength());
    int width = (int) Math.min(block.getLast(), length);
    byte[] in = new byte[length];
    float[] out = new float[length];
    float[] factors = new float[Math.toIntExact(scales.shape().rowLength())];
    float[] zero = new float[factors.length];
    MemorySegment ownCodes = MemorySegment.ofArray(new byte[length]);
    MemorySegment ownScales = MemorySegment.ofArray(new byte[Math.toIntExact(scales.rowBytes())]);
    long held = -1;
    for (long row = 0; row < count; row++) {
      long wanted = scaleRow(first + row);
      if (wanted != held) {
        MemorySegment.copy(scales.rows(wanted, 1, ownScales), FLOAT, 0, factors, 0, factors.length);
        if (zeros.isPresent()) {
          MemorySegment read = zeros.get().rows(wanted, 1, ownScales);
          MemorySegment.copy(read, FLOAT, 0, zero, 0, zero.length);
        }
        held = wanted;
      }
      MemorySegment read = codes.rows(first + row, 1, ownCodes);
      MemorySegment.copy(read, ValueLayout.JAVA_BYTE, 0, in, 0, length);
      for (int from = 0, at = 0; from < length; from += width, at++) {
        scale(in, from, Math.min(length, from + width), table, zero[at], factors[at], out);
      }
      MemorySegment.copy(out, 0, scratch, FLOAT, row * rowBytes(), length);
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private static void scale(
      byte[] in, int from, int to, float[] table, float zero, float factor, float[] out) {
    for (int i = from; i < to; i++) {
      out[i] = (table[in[i] & 0xFF] - zero) * factor;
    }
  }

  /// The row of scales that a row of numbers belongs to.
  private long scaleRow(long row) {
    long rest = row;
    long stride = 1;
    long scaleRow = 0;
    for (int i = shape().rank() - 2; i >= 0; i--) {
      long extent = shape().dimension(i);
      scaleRow += rest % extent / block.get(i) * stride;
      stride *= scales.shape().dimension(i);
      rest /= extent;
    }
    return scaleRow;
  }
}
