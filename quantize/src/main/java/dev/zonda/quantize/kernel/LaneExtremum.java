package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.zonda.quantize.levels.Extremum;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// The values of [Extremum], found many at a time.
final class LaneExtremum {
  private static final int INFINITY = 0x7f800000;

  private LaneExtremum() {}

  public static float ofLargestMagnitude(float[] x, int from, int n) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = 0; i < n; i += COUNT) {
      // Magnitudes order like their bits, with infinities and NaNs above all others.
      largest = FloatVector.fromArray(FLOATS, x, from + i).abs().reinterpretAsInts().max(largest);
    }
    int magnitude = largest.reduceLanes(MAX);
    if (magnitude == 0 || magnitude > INFINITY) {
      return Extremum.ofLargestMagnitude(x, from, n); // Next to a NaN, the other values count.
    }
    // No branch on where it is: no processor could predict it.
    long found = 0;
    for (int i = 0; i < n; i += COUNT) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, from + i).abs().reinterpretAsInts();
      found |= bits.compare(EQ, magnitude).toLong() << i;
    }
    return x[from + Long.numberOfTrailingZeros(found)];
  }

  public static float smallest(float[] x, int from, int n) {
    IntVector smallest = IntVector.broadcast(INTS, Integer.MAX_VALUE);
    for (int i = from; i < from + n; i += COUNT) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, i).reinterpretAsInts();
      smallest = bits.lanewise(ASHR, 31).lanewise(LSHR, 1).lanewise(XOR, bits).min(smallest);
    }
    int result = smallest.reduceLanes(MIN);
    return ordinary(result) ? ordered(result) : Extremum.smallest(x, from, n);
  }

  public static float largest(float[] x, int from, int n) {
    IntVector largest = IntVector.broadcast(INTS, Integer.MIN_VALUE);
    for (int i = from; i < from + n; i += COUNT) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, i).reinterpretAsInts();
      largest = bits.lanewise(ASHR, 31).lanewise(LSHR, 1).lanewise(XOR, bits).max(largest);
    }
    int result = largest.reduceLanes(MAX);
    return ordinary(result) ? ordered(result) : Extremum.largest(x, from, n);
  }

  /// The float whose bits, with all but the sign inverted if negative, are an integer: these order
  /// like the floats.
  private static float ordered(int key) {
    return Float.intBitsToFloat(key >> 31 >>> 1 ^ key);
  }

  /// Whether a value is neither zero (which of two signed zeros comes first decides the sign), nor
  /// infinite or NaN.
  private static boolean ordinary(int key) {
    float value = ordered(key);
    return value != 0 && Float.isFinite(value);
  }
}
