package dev.zonda.quantize.block;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// What the two 16-bit float types share: values are converted by way of a small array of shorts,
/// in loops simple enough for the compiler to vectorize.
abstract class SixteenBitCodec implements Codec {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private static final int AT_ONCE = 1 << 13;

  private final TensorType type;

  SixteenBitCodec(TensorType type) {
    this.type = type;
  }

  abstract void encode(float[] values, int from, int n, short[] out);

  abstract void decode(short[] in, int n, float[] values, int offset);

  @Override
  public final TensorType type() {
    return type;
  }

  @Override
  public final void quantize(
      float[] values, int rows, int rowLength, Importance importance, MemorySegment out, long at) {
    int count = Math.multiplyExact(rows, rowLength);
    Objects.checkFromIndexSize(0, count, values.length);
    Objects.checkFromIndexSize(at, type.byteSize(count), out.byteSize());
    short[] stage = new short[Math.min(count, AT_ONCE)];
    for (int i = 0; i < count; i += AT_ONCE) {
      int n = Math.min(AT_ONCE, count - i);
      encode(values, i, n, stage);
      MemorySegment.copy(stage, 0, out, SHORT, at + 2L * i, n);
    }
  }

  @Override
  public final void dequantize(MemorySegment in, long at, float[] values, int offset, int count) {
    Objects.checkFromIndexSize(offset, count, values.length);
    Objects.checkFromIndexSize(at, type.byteSize(count), in.byteSize());
    short[] stage = new short[Math.min(count, AT_ONCE)];
    for (int i = 0; i < count; i += AT_ONCE) {
      int n = Math.min(AT_ONCE, count - i);
      MemorySegment.copy(in, SHORT, at + 2L * i, stage, 0, n);
      decode(stage, n, values, offset + i);
    }
  }
}
