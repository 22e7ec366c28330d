package dev.zonda.quantize.block;

import static dev.zonda.quantize.block.Lanes.COUNT;
import static dev.zonda.quantize.block.Lanes.FLOATS;
import static dev.zonda.quantize.block.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The values of [Extremum], found many at a time.
final class LaneExtremum {
  private LaneExtremum() {}

  static float ofLargestMagnitude(float[] x, int from, int n) {
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

  static float smallest(float[] x, int from, int n) {
    FloatVector smallest = FloatVector.broadcast(FLOATS, Float.MAX_VALUE);
    for (int i = from; i < from + n; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      smallest = smallest.blend(v, v.compare(LT, smallest));
    }
    float result = smallest.reduceLanes(MIN);
    // Which of two signed zeros comes first decides the sign.
    return result == 0 ? Extremum.smallest(x, from, n) : result;
  }

  static float largest(float[] x, int from, int n) {
    FloatVector largest = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
    for (int i = from; i < from + n; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      largest = largest.blend(v, v.compare(GT, largest));
    }
    float result = largest.reduceLanes(MAX);
    return result == 0 ? Extremum.largest(x, from, n) : result;
  }
}
