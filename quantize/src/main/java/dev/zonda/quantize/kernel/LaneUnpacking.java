package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.BYTES;
import static dev.zonda.quantize.kernel.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Levels back to values: bytes and bit fields of bytes times a scale, see [Kernels].
final class LaneUnpacking {
  /// 0, 1, 2, …
  private static final IntVector LANE = IntVector.zero(INTS).addIndex(1);

  private LaneUnpacking() {}

  public static void scaleBytes(byte[] in, int at, int n, float scale, float[] values, int to) {
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector bytes = ByteVector.fromArray(BYTES, in, at + i);
      for (int part = 0; part < BYTE_PARTS; part++) {
        FloatVector v = (FloatVector) bytes.convertShape(B2F, FLOATS, part);
        v.mul(scale).intoArray(values, to + i + part * COUNT);
      }
    }
  }

  public static void scaleBits(
      byte[] in,
      int at,
      int n,
      int shift,
      int bits,
      int bound,
      float scale,
      float min,
      float[] values,
      int to) {
    int mask = (1 << bits) - 1;
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector bytes = ByteVector.fromArray(BYTES, in, at + i);
      for (int part = 0; part < BYTE_PARTS; part++) {
        IntVector q = (IntVector) bytes.convertShape(B2I, INTS, part);
        q = q.lanewise(LSHR, shift).and(mask).sub(bound);
        FloatVector v = (FloatVector) q.convert(I2F, 0);
        v.mul(scale).sub(min).intoArray(values, to + i + part * COUNT);
      }
    }
  }

  public static void scaleSplitBits(
      byte[] in,
      int low,
      int lowShift,
      int lowBits,
      int high,
      int highShift,
      int highBits,
      int n,
      int bound,
      float scale,
      float min,
      float[] values,
      int to) {
    int lowMask = (1 << lowBits) - 1;
    int highMask = (1 << highBits) - 1;
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector lowBytes = ByteVector.fromArray(BYTES, in, low + i);
      ByteVector highBytes = ByteVector.fromArray(BYTES, in, high + i);
      for (int part = 0; part < BYTE_PARTS; part++) {
        IntVector q = (IntVector) lowBytes.convertShape(B2I, INTS, part);
        IntVector h = (IntVector) highBytes.convertShape(B2I, INTS, part);
        h = h.lanewise(LSHR, highShift).and(highMask).lanewise(LSHL, lowBits);
        q = q.lanewise(LSHR, lowShift).and(lowMask).or(h).sub(bound);
        FloatVector v = (FloatVector) q.convert(I2F, 0);
        v.mul(scale).sub(min).intoArray(values, to + i + part * COUNT);
      }
    }
  }

  public static void scaleFiveBits(
      byte[] in, int qs, int fifth, int bound, float scale, float min, float[] values, int to) {
    IntVector fifths = IntVector.broadcast(INTS, fifth);
    for (int i = 0; i < 16; i += BYTES.length()) {
      ByteVector bytes = ByteVector.fromArray(BYTES, in, qs + i);
      for (int part = 0; part < BYTE_PARTS; part++) {
        int at = i + part * COUNT;
        IntVector q = (IntVector) bytes.convertShape(B2I, INTS, part);
        IntVector bits = fifths.lanewise(LSHR, LANE.add(at));
        IntVector low = q.and(15).or(bits.and(1).lanewise(LSHL, 4)).sub(bound);
        FloatVector v = (FloatVector) low.convert(I2F, 0);
        v.mul(scale).sub(min).intoArray(values, to + at);
        bits = fifths.lanewise(LSHR, LANE.add(at + 16));
        IntVector high = q.lanewise(LSHR, 4).and(15);
        high = high.or(bits.and(1).lanewise(LSHL, 4)).sub(bound);
        v = (FloatVector) high.convert(I2F, 0);
        v.mul(scale).sub(min).intoArray(values, to + at + 16);
      }
    }
  }
}
