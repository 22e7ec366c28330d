package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.BYTES;
import static dev.zonda.quantize.kernel.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.zonda.quantize.levels.Ternary;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// See [Ternary].
final class LaneTernaryLevels {
  private static final int SIGN = 0x80000000;
  private static final int ALMOST_HALF = Float.floatToRawIntBits(Math.nextDown(0.5f));

  private LaneTernaryLevels() {}

  public static float levels(float[] x, int from, byte[] levels) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = from; i < from + Ternary.VALUES; i += COUNT) {
      // Magnitudes order like their bits, with infinities and NaNs above all others.
      largest = FloatVector.fromArray(FLOATS, x, i).abs().reinterpretAsInts().max(largest);
    }
    float d = Float.intBitsToFloat(largest.reduceLanes(MAX));
    float inverse = d != 0 ? 1 / d : 0;
    if (!Float.isFinite(d) || !Float.isFinite(inverse)) {
      return Ternary.levels(x, from, levels);
    }
    for (int i = 0; i < Ternary.VALUES; i += BYTES.length()) {
      ByteVector bytes = BYTES.zero().reinterpretAsBytes();
      for (int part = 0; part < BYTE_PARTS; part++) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, from + i + part * COUNT).mul(inverse);
        // Towards zero, after a step away from it that is just short of a half.
        IntVector step = v.reinterpretAsInts().and(SIGN).or(ALMOST_HALF);
        IntVector level = (IntVector) v.add(step.reinterpretAsFloats()).convert(F2I, 0);
        bytes = ((ByteVector) level.add(1).convertShape(I2B, BYTES, -part)).or(bytes);
      }
      bytes.intoArray(levels, i);
    }
    return d;
  }
}
