package dev.zonda.quantize.block;

import static dev.zonda.quantize.block.Lanes.BYTES;
import static dev.zonda.quantize.block.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.block.Lanes.COUNT;
import static dev.zonda.quantize.block.Lanes.FLOATS;
import static dev.zonda.quantize.block.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Levels of 32 values, packed as in [Nibbles] before they become bytes.
final class LaneNibbles {
  private static final int HALF = 16;

  private LaneNibbles() {}

  /// See [NonlinearLevels#pack].
  static void nonlinear(float[] x, int from, float inverse, byte[] out, int qs) {
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector bytes = BYTES.zero().reinterpretAsBytes();
      for (int part = 0; part < BYTE_PARTS; part++) {
        int at = from + i + part * COUNT;
        FloatVector lower = FloatVector.fromArray(FLOATS, x, at).mul(inverse);
        FloatVector upper = FloatVector.fromArray(FLOATS, x, at + HALF).mul(inverse);
        IntVector l = IntVector.broadcast(INTS, 15);
        IntVector u = l;
        for (int k = 14; k >= 0; k--) {
          FloatVector threshold = FloatVector.broadcast(FLOATS, NonlinearLevels.THRESHOLDS[k]);
          IntVector level = IntVector.broadcast(INTS, k);
          l = l.blend(level, lower.compare(LT, threshold).cast(INTS));
          u = u.blend(level, upper.compare(LT, threshold).cast(INTS));
        }
        bytes = bytes.or(l.or(u.lanewise(LSHL, 4)).convertShape(I2B, BYTES, -part));
      }
      bytes.intoArray(out, qs + i);
    }
  }
}
