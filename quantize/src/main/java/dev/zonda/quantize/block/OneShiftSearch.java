package dev.zonda.quantize.block;

import java.util.Arrays;

/// For IQ1_S: one shift for a group.
final class OneShiftSearch extends TernarySearch {
  private static final float ALL_ZERO = 1e-12f;

  /// Sums of the smallest values: of none, of one, and so on.
  private final float[] sumX;

  private final float[] sumW;

  OneShiftSearch(int size) {
    super(size, ALL_ZERO);
    sumX = new float[size + 1];
    sumW = new float[size + 1];
  }

  @Override
  boolean split(float[] x, int from) {
    for (int i = 0; i < size; i++) {
      int place = order[i];
      sumX[i + 1] = sumX[i] + weights[place] * x[from + place];
      sumW[i + 1] = sumW[i] + weights[place];
    }
    float best = -Float.MAX_VALUE;
    boolean found = false;
    for (int low = 0; low <= size; low++) {
      for (int high = low; high <= size; high++) {
        for (float shift : SHIFTS) {
          float minus = shift - 1;
          float plus = shift + 1;
          float sumQX =
              sumX[low] * minus
                  + (sumX[high] - sumX[low]) * shift
                  + (sumX[size] - sumX[high]) * plus;
          float sumQ2 =
              sumW[low] * minus * minus
                  + (sumW[high] - sumW[low]) * shift * shift
                  + (sumW[size] - sumW[high]) * plus * plus;
          if (sumQ2 > 0 && sumQX * sumQX > best * sumQ2) {
            scale = sumQX / sumQ2;
            best = scale * sumQX;
            firstZero = low;
            firstOne = high;
            Arrays.fill(shifts, shift);
            found = true;
          }
        }
      }
    }
    return found;
  }
}
