package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.BYTES;
import static dev.zonda.quantize.kernel.Lanes.BYTE_PARTS;
import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.zonda.quantize.levels.Nibbles;
import dev.zonda.quantize.levels.NonlinearLevels;
import dev.zonda.quantize.levels.Rounding;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Levels of 32 values, packed as in [Nibbles] before they become bytes.
final class LaneNibbles {
  private static final int HALF = 16;

  /// Moves a level's fifth bit to the sign.
  private static final int FIFTH_TO_SIGN = 27;

  private LaneNibbles() {}

  /// See [NonlinearLevels#pack].
  static void nonlinear(float[] x, int from, float inverse, byte[] out, int qs) {
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector bytes = BYTES.zero().reinterpretAsBytes();
      for (int part = 0; part < BYTE_PARTS; part++) {
        int at = from + i + part * COUNT;
        FloatVector lower = FloatVector.fromArray(FLOATS, x, at).mul(inverse);
        FloatVector upper = FloatVector.fromArray(FLOATS, x, at + HALF).mul(inverse);
        FloatVector lowerLevel = FloatVector.broadcast(FLOATS, 15);
        FloatVector upperLevel = FloatVector.broadcast(FLOATS, 15);
        for (int k = 14; k >= 0; k--) {
          FloatVector threshold = FloatVector.broadcast(FLOATS, NonlinearLevels.THRESHOLDS[k]);
          FloatVector level = FloatVector.broadcast(FLOATS, k);
          lowerLevel = level.blend(lowerLevel, lower.compare(LT, threshold).not());
          upperLevel = level.blend(upperLevel, upper.compare(LT, threshold).not());
        }
        IntVector l = (IntVector) lowerLevel.convert(F2I, 0);
        IntVector u = (IntVector) upperLevel.convert(F2I, 0);
        bytes = ((ByteVector) l.or(u.lanewise(LSHL, 4)).convertShape(I2B, BYTES, -part)).or(bytes);
      }
      bytes.intoArray(out, qs + i);
    }
  }

  /// See [Nibbles#packCut].
  static int cut(
      float[] x, int from, float min, float inverse, float offset, int top, byte[] out, int qs) {
    if (!Float.isFinite(inverse)) {
      return Nibbles.packCut(x, from, min, inverse, offset, top, out, qs);
    }
    long fifth = 0;
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector bytes = BYTES.zero().reinterpretAsBytes();
      for (int part = 0; part < BYTE_PARTS; part++) {
        int at = i + part * COUNT;
        FloatVector v = FloatVector.fromArray(FLOATS, x, from + at);
        FloatVector t = FloatVector.fromArray(FLOATS, x, from + at + HALF);
        IntVector l = (IntVector) v.sub(min).mul(inverse).add(offset).convert(F2I, 0);
        IntVector u = (IntVector) t.sub(min).mul(inverse).add(offset).convert(F2I, 0);
        l = l.min(top);
        u = u.min(top);
        if (top > 15) {
          fifth |= l.lanewise(LSHL, FIFTH_TO_SIGN).compare(LT, 0).toLong() << at;
          fifth |= u.lanewise(LSHL, FIFTH_TO_SIGN).compare(LT, 0).toLong() << (at + HALF);
          l = l.and(15);
        }
        bytes = ((ByteVector) l.or(u.lanewise(LSHL, 4)).convertShape(I2B, BYTES, -part)).or(bytes);
      }
      bytes.intoArray(out, qs + i);
    }
    return (int) fifth;
  }

  /// See [Nibbles#packRounded].
  public static int rounded(
      float[] x, int from, float origin, float inverse, int low, int high, byte[] out, int qs) {
    long fifth = 0;
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector bytes = BYTES.zero().reinterpretAsBytes();
      for (int part = 0; part < BYTE_PARTS; part++) {
        int at = i + part * COUNT;
        FloatVector v = FloatVector.fromArray(FLOATS, x, from + at).sub(origin).mul(inverse);
        FloatVector t = FloatVector.fromArray(FLOATS, x, from + at + HALF).sub(origin).mul(inverse);
        IntVector l = v.add(Rounding.MAGIC).reinterpretAsInts().and(0x7fffff).sub(0x400000);
        IntVector u = t.add(Rounding.MAGIC).reinterpretAsInts().and(0x7fffff).sub(0x400000);
        l = l.max(low).min(high).sub(low);
        u = u.max(low).min(high).sub(low);
        if (high - low > 15) {
          fifth |= l.lanewise(LSHL, FIFTH_TO_SIGN).compare(LT, 0).toLong() << at;
          fifth |= u.lanewise(LSHL, FIFTH_TO_SIGN).compare(LT, 0).toLong() << (at + HALF);
          l = l.and(15);
        }
        bytes = ((ByteVector) l.or(u.lanewise(LSHL, 4)).convertShape(I2B, BYTES, -part)).or(bytes);
      }
      bytes.intoArray(out, qs + i);
    }
    return (int) fifth;
  }
}
