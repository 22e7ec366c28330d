package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.BYTES;
import static dev.zonda.quantize.kernel.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.I2B;

import dev.zonda.quantize.levels.Rounding;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Levels of consecutive values, see [Kernels].
final class LaneLevels {
  private LaneLevels() {}

  static void affine(
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

  static void symmetric(float[] x, int from, int n, float scale, int bound, byte[] levels, int at) {
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
}
