package dev.zonda.quantize.block;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// Single precision: values are copied, bit for bit.
final class F32 implements Codec {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public void quantize(
      float[] values, int rows, int rowLength, Importance importance, MemorySegment out, long at) {
    int count = Math.multiplyExact(rows, rowLength);
    Objects.checkFromIndexSize(0, count, values.length);
    MemorySegment.copy(values, 0, out, FLOAT, at, count);
  }

  @Override
  public void dequantize(MemorySegment in, long at, float[] values, int offset, int count) {
    MemorySegment.copy(in, FLOAT, at, values, offset, count);
  }
}
