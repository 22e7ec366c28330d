package dev.zonda.quantize.block;

import static dev.zonda.quantize.block.Lanes.BYTES;
import static dev.zonda.quantize.block.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.block.Lanes.COUNT;
import static dev.zonda.quantize.block.Lanes.FLOATS;
import static dev.zonda.quantize.block.Lanes.INTS;
import static dev.zonda.quantize.block.Lanes.SHORTS;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.IS_NAN;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;

/// The kernels with the Vector API, at whatever width [Lanes] chose.
final class VectorKernels implements Kernels {
  /// For what vectors cannot do exactly.
  private static final Kernels SCALAR = new ScalarKernels();

  /// The largest float below a half.
  private static final float ALMOST_HALF = Math.nextDown(0.5f);

  @Override
  public AffineSearch affineSearch(
      int groupSize, AffineSearch.Range range, AffineSearch.ErrorMeasure measure) {
    return new LaneAffineSearch(groupSize, range, measure);
  }

  @Override
  public SymmetricSearch symmetricSearch(int groupSize, int bound) {
    return new LaneSymmetricSearch(groupSize, bound);
  }

  @Override
  public SignedRefinement signedRefinement(int groupSize, int bound) {
    return new LaneSignedRefinement(groupSize, bound);
  }

  @Override
  public void affineLevels(
      float[] x, int from, int n, float scale, float min, int top, byte[] levels, int at) {
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector bytes =
          (ByteVector)
              nearest(FloatVector.fromArray(FLOATS, x, from + i).add(min).div(scale))
                  .max(0)
                  .min(top)
                  .convertShape(I2B, BYTES, 0);
      if (BYTE_PARTS == 2) {
        bytes =
            bytes.or(
                nearest(FloatVector.fromArray(FLOATS, x, from + i + COUNT).add(min).div(scale))
                    .max(0)
                    .min(top)
                    .convertShape(I2B, BYTES, -1));
      }
      bytes.intoArray(levels, at + i);
    }
  }

  @Override
  public void symmetricLevels(
      float[] x, int from, int n, float scale, int bound, byte[] levels, int at) {
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector bytes =
          (ByteVector)
              nearest(FloatVector.fromArray(FLOATS, x, from + i).div(scale))
                  .max(-bound)
                  .min(bound - 1)
                  .add(bound)
                  .convertShape(I2B, BYTES, 0);
      if (BYTE_PARTS == 2) {
        bytes =
            bytes.or(
                nearest(FloatVector.fromArray(FLOATS, x, from + i + COUNT).div(scale))
                    .max(-bound)
                    .min(bound - 1)
                    .add(bound)
                    .convertShape(I2B, BYTES, -1));
      }
      bytes.intoArray(levels, at + i);
    }
  }

  /// [Rounding#nearest(float)] in every lane.
  private static IntVector nearest(FloatVector v) {
    return v.add(Rounding.MAGIC).reinterpretAsInts().and(0x7fffff).sub(0x400000);
  }

  @Override
  public float largestMagnitude(float[] x, int from, int n) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = from; i < from + n; i += COUNT) {
      // Magnitudes order like their bits, with infinities and NaNs above all others.
      largest = largest.max(FloatVector.fromArray(FLOATS, x, i).abs().reinterpretAsInts());
    }
    float magnitude = Float.intBitsToFloat(largest.reduceLanes(MAX));
    for (int i = from; i < from + n; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      VectorMask<Float> found = v.abs().compare(EQ, magnitude);
      if (found.anyTrue()) {
        return magnitude == 0 ? 0 : x[i + found.firstTrue()];
      }
    }
    return Extremum.ofLargestMagnitude(x, from, n); // There is a NaN: the others count.
  }

  @Override
  public float smallest(float[] x, int from, int n) {
    FloatVector smallest = FloatVector.broadcast(FLOATS, Float.MAX_VALUE);
    for (int i = from; i < from + n; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      smallest = smallest.blend(v, v.compare(LT, smallest));
    }
    float result = smallest.reduceLanes(MIN);
    // Which of two signed zeros comes first decides the sign.
    return result == 0 ? Extremum.smallest(x, from, n) : result;
  }

  @Override
  public float largest(float[] x, int from, int n) {
    FloatVector largest = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
    for (int i = from; i < from + n; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      largest = largest.blend(v, v.compare(GT, largest));
    }
    float result = largest.reduceLanes(MAX);
    return result == 0 ? Extremum.largest(x, from, n) : result;
  }

  @Override
  public void cutLevels(
      float[] x, int from, int n, float min, float inverse, float offset, int top, byte[] levels) {
    if (!Float.isFinite(inverse)) {
      SCALAR.cutLevels(x, from, n, min, inverse, offset, top, levels);
      return;
    }
    for (int i = 0; i < n; i += BYTES.length()) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, from + i);
      IntVector level = (IntVector) v.sub(min).mul(inverse).add(offset).convert(F2I, 0);
      ByteVector bytes = (ByteVector) level.min(top).convertShape(I2B, BYTES, 0);
      if (BYTE_PARTS == 2) {
        v = FloatVector.fromArray(FLOATS, x, from + i + COUNT);
        level = (IntVector) v.sub(min).mul(inverse).add(offset).convert(F2I, 0);
        bytes = bytes.or(level.min(top).convertShape(I2B, BYTES, -1));
      }
      bytes.intoArray(levels, i);
    }
  }

  @Override
  public void encodeQ8_0(float[] x, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      int first = from + b * Q8_0.VALUES;
      int at = b * Q8_0.BYTES;
      IntVector largest = IntVector.zero(INTS);
      for (int i = first; i < first + Q8_0.VALUES; i += COUNT) {
        // Magnitudes order like their bits, with infinities and NaNs above all others.
        largest = largest.max(FloatVector.fromArray(FLOATS, x, i).abs().reinterpretAsInts());
      }
      float d = Float.intBitsToFloat(largest.reduceLanes(MAX)) / 127;
      float inverse = d != 0 ? 1 / d : 0;
      if (!Float.isFinite(d) || !Float.isFinite(inverse)) {
        // A NaN or an infinity, or a scale so small that its inverse is infinite.
        Q8_0.encodeBlock(x, first, out, at);
        continue;
      }
      Half.put(out, at + Q8_0.D, d);
      for (int i = 0; i < Q8_0.VALUES; i += BYTES.length()) {
        ByteVector bytes =
            (ByteVector)
                halfAway(FloatVector.fromArray(FLOATS, x, first + i).mul(inverse))
                    .convertShape(I2B, BYTES, 0);
        if (BYTE_PARTS == 2) {
          bytes =
              bytes.or(
                  halfAway(FloatVector.fromArray(FLOATS, x, first + i + COUNT).mul(inverse))
                      .convertShape(I2B, BYTES, -1));
        }
        bytes.intoArray(out, at + Q8_0.QS + i);
      }
    }
  }

  /// [Rounding#halfAway(float)] in every lane: towards zero, after a step away from it that is just
  /// short of a half, so that the sum rounds to the next integer from a half on.
  private static IntVector halfAway(FloatVector v) {
    IntVector sign = v.reinterpretAsInts().and(0x80000000);
    FloatVector step = sign.or(Float.floatToRawIntBits(ALMOST_HALF)).reinterpretAsFloats();
    return (IntVector) v.add(step).convert(F2I, 0);
  }

  @Override
  public void scaleBytes(byte[] in, int at, int n, float scale, float[] values, int to) {
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector bytes = ByteVector.fromArray(BYTES, in, at + i);
      for (int part = 0; part < BYTE_PARTS; part++) {
        FloatVector v = (FloatVector) bytes.convertShape(B2F, FLOATS, part);
        v.mul(scale).intoArray(values, to + i + part * COUNT);
      }
    }
  }

  @Override
  public void scaleBits(
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

  @Override
  public void scaleSplitBits(
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

  @Override
  public void narrowToBrainFloats(float[] x, int from, int n, short[] out) {
    int whole = INTS.loopBound(n);
    int i = 0;
    for (; i < whole; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, from + i);
      IntVector bits = v.reinterpretAsInts();
      IntVector odd = bits.lanewise(LSHR, 16).and(1);
      IntVector upper = bits.add(0x7fff).add(odd).lanewise(LSHR, 16);
      VectorMask<Integer> nan = v.test(IS_NAN).cast(INTS);
      upper = upper.blend(bits.lanewise(LSHR, 16).or(BF16.QUIET), nan);
      ((ShortVector) upper.convertShape(I2S, SHORTS, 0)).intoArray(out, i);
    }
    for (; i < n; i++) {
      out[i] = BF16.of(x[from + i]);
    }
  }

  @Override
  public void widenBrainFloats(short[] in, int n, float[] values, int to) {
    int whole = INTS.loopBound(n);
    int i = 0;
    for (; i < whole; i += COUNT) {
      ShortVector v = ShortVector.fromArray(SHORTS, in, i);
      IntVector bits = (IntVector) v.convertShape(ZERO_EXTEND_S2I, INTS, 0);
      bits.lanewise(LSHL, 16).reinterpretAsFloats().intoArray(values, to + i);
    }
    for (; i < n; i++) {
      values[to + i] = Float.intBitsToFloat(in[i] << 16);
    }
  }
}
