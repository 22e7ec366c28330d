package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.BYTES;
import static dev.zonda.quantize.kernel.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.zonda.quantize.levels.FourBitFloat;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// See [FourBitFloat].
final class LaneFourBitFloat {
  /// Set in the levels below zero.
  private static final int NEGATIVE = 8;

  private LaneFourBitFloat() {}

  /// A level below zero is as far from a value as its magnitude from the value's: so magnitudes are
  /// enough, and the sign is the value's. Zero has none, since it is the first of both.
  public static void nearest(float[] x, int from, int n, float scale, byte[] levels, int at) {
    for (int i = 0; i < n; i += BYTES.length()) {
      ByteVector bytes = BYTES.zero().reinterpretAsBytes();
      for (int part = 0; part < BYTE_PARTS; part++) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, from + i + part * COUNT);
        FloatVector magnitude = v.abs();
        FloatVector least = magnitude;
        FloatVector found = FloatVector.zero(FLOATS);
        for (int k = 1; k < NEGATIVE; k++) {
          FloatVector error = magnitude.sub(FourBitFloat.value(k) * scale).abs();
          VectorMask<Float> farther = error.compare(LT, least).not();
          least = error.blend(least, farther);
          found = FloatVector.broadcast(FLOATS, k).blend(found, farther);
        }
        IntVector level = (IntVector) found.convert(F2I, 0);
        VectorMask<Integer> negative = v.compare(LT, 0).cast(INTS).and(level.compare(GT, 0));
        level = level.blend(level.or(NEGATIVE), negative);
        bytes = ((ByteVector) level.convertShape(I2B, BYTES, -part)).or(bytes);
      }
      bytes.intoArray(levels, at + i);
    }
  }
}
