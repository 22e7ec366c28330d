package dev.zonda.quantize.levels;

/// The values that a scale is made from. NaNs are passed over, as by ggml's comparisons.
public final class Extremum {
  private Extremum() {}

  /// The value of largest magnitude, with its sign; the first of several. Zero if there is none.
  public static float ofLargestMagnitude(float[] x, int from, int n) {
    float largest = 0;
    float value = 0;
    for (int i = from; i < from + n; i++) {
      float magnitude = Math.abs(x[i]);
      if (magnitude > largest) {
        largest = magnitude;
        value = x[i];
      }
    }
    return value;
  }

  /// The smallest value, at most the largest finite float.
  public static float smallest(float[] x, int from, int n) {
    float smallest = Float.MAX_VALUE;
    for (int i = from; i < from + n; i++) {
      if (x[i] < smallest) {
        smallest = x[i];
      }
    }
    return smallest;
  }

  /// The largest value, at least the smallest finite float.
  public static float largest(float[] x, int from, int n) {
    float largest = -Float.MAX_VALUE;
    for (int i = from; i < from + n; i++) {
      if (x[i] > largest) {
        largest = x[i];
      }
    }
    return largest;
  }
}
