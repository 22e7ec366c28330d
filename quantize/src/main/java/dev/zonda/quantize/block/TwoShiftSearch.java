package dev.zonda.quantize.block;

/// For IQ1_M: a shift for each half of a group.
final class TwoShiftSearch extends TernarySearch {
  private static final float ALL_ZERO = 1e-7f;
  private static final int HALVES = 2;

  /// Of each half, sums of its values among the smallest values: of none, of one, and so on.
  private final float[][] sumX;

  private final float[][] sumW;

  // For each half and shift: the sums for one pair of borders.
  private final float[] partQX = new float[HALVES * SHIFTS.length];
  private final float[] partQ2 = new float[HALVES * SHIFTS.length];

  TwoShiftSearch(int size) {
    super(size, ALL_ZERO);
    sumX = new float[HALVES][size + 1];
    sumW = new float[HALVES][size + 1];
  }

  @Override
  boolean split(float[] x, int from) {
    for (int i = 0; i < size; i++) {
      int place = order[i];
      int half = place / EIGHT;
      for (int h = 0; h < HALVES; h++) {
        sumX[h][i + 1] = sumX[h][i] + (h == half ? weights[place] * x[from + place] : 0);
        sumW[h][i + 1] = sumW[h][i] + (h == half ? weights[place] : 0);
      }
    }
    float best = -Float.MAX_VALUE;
    boolean found = false;
    for (int low = 0; low <= size; low++) {
      for (int high = low; high <= size; high++) {
        sumUp(low, high);
        for (int k = 0; k < 4; k++) {
          int second = HALVES + (k & 1);
          float sumQX = partQX[k >> 1] + partQX[second];
          float sumQ2 = partQ2[k >> 1] + partQ2[second];
          if (sumQ2 > 0 && sumQX * sumQX > best * sumQ2) {
            scale = sumQX / sumQ2;
            best = scale * sumQX;
            firstZero = low;
            firstOne = high;
            shifts[0] = SHIFTS[k >> 1];
            shifts[1] = SHIFTS[k & 1];
            found = true;
          }
        }
      }
    }
    return found;
  }

  /// Levels are one apart: all values at the upper level, less one for each border below.
  private void sumUp(int low, int high) {
    for (int half = 0; half < HALVES; half++) {
      float[] sx = sumX[half];
      float[] sw = sumW[half];
      float below = sx[low] + sx[high];
      for (int s = 0; s < SHIFTS.length; s++) {
        float zero = SHIFTS[s];
        float plus = zero + 1;
        float minus = zero - 1;
        partQX[half * HALVES + s] = sx[size] * plus - below;
        partQ2[half * HALVES + s] =
            sw[size] * plus * plus
                + sw[low] * (minus * minus - zero * zero)
                + sw[high] * (zero * zero - plus * plus);
      }
    }
  }
}
