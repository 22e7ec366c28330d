package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.BYTES;
import static dev.zonda.quantize.kernel.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.zonda.quantize.levels.EightBits;
import dev.zonda.quantize.levels.Half;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Q8_0's encoder.
final class LaneQ8_0 {
  /// The largest float below a half.
  private static final float ALMOST_HALF = Math.nextDown(0.5f);

  private LaneQ8_0() {}

  public static void encode(float[] x, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      int first = from + b * EightBits.VALUES;
      int at = b * EightBits.BYTES;
      IntVector largest = IntVector.zero(INTS);
      for (int i = first; i < first + EightBits.VALUES; i += COUNT) {
        // Magnitudes order like their bits, with infinities and NaNs above all others.
        largest = FloatVector.fromArray(FLOATS, x, i).abs().reinterpretAsInts().max(largest);
      }
      float d = Float.intBitsToFloat(largest.reduceLanes(MAX)) / 127;
      float inverse = d != 0 ? 1 / d : 0;
      if (!Float.isFinite(d) || !Float.isFinite(inverse)) {
        // A NaN or an infinity, or a scale so small that its inverse is infinite.
        EightBits.encode(x, first, out, at);
        continue;
      }
      Half.put(out, at + EightBits.D, d);
      for (int i = 0; i < EightBits.VALUES; i += BYTES.length()) {
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
        bytes.intoArray(out, at + EightBits.QS + i);
      }
    }
  }

  /// `Rounding.halfAway` in every lane: towards zero, after a step away from it that is just short
  /// of a half, so that the sum rounds to the next integer from a half on.
  private static IntVector halfAway(FloatVector v) {
    IntVector sign = v.reinterpretAsInts().and(0x80000000);
    FloatVector step = sign.or(Float.floatToRawIntBits(ALMOST_HALF)).reinterpretAsFloats();
    return (IntVector) v.add(step).convert(F2I, 0);
  }
}
