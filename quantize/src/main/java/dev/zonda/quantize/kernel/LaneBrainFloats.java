package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static dev.zonda.quantize.kernel.Lanes.SHORTS;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.IS_NAN;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import dev.zonda.quantize.levels.BrainFloat;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;

/// Conversion from and to the upper halves of floats.
final class LaneBrainFloats {
  private LaneBrainFloats() {}

  static void narrow(float[] x, int from, int n, short[] out) {
    int whole = INTS.loopBound(n);
    int i = 0;
    for (; i < whole; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, from + i);
      IntVector bits = v.reinterpretAsInts();
      IntVector odd = bits.lanewise(LSHR, 16).and(1);
      IntVector upper = bits.add(0x7fff).add(odd).lanewise(LSHR, 16);
      VectorMask<Integer> nan = v.test(IS_NAN).cast(INTS);
      upper = upper.blend(bits.lanewise(LSHR, 16).or(BrainFloat.QUIET), nan);
      ((ShortVector) upper.convertShape(I2S, SHORTS, 0)).intoArray(out, i);
    }
    for (; i < n; i++) {
      out[i] = BrainFloat.of(x[from + i]);
    }
  }

  static void widen(short[] in, int n, float[] values, int to) {
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
