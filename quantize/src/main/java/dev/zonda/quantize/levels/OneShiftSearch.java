package dev.zonda.quantize.levels;

import java.util.Arrays;

/// The search of IQ1_S, with one shift for a group.
public class OneShiftSearch extends TernarySearch {
  private static final float ALL_ZERO = 1e-12f;

  // The levels, moved up and down.
  public static final float MINUS_UP = SHIFT - 1;
  public static final float PLUS_UP = SHIFT + 1;
  public static final float MINUS_DOWN = -SHIFT - 1;
  public static final float PLUS_DOWN = -SHIFT + 1;

  /// Sums of the smallest values: of none, of one, and so on.
  public final float[] sumX;

  public final float[] sumW;

  public float best;

  public OneShiftSearch(int size) {
    this(size, 0);
  }

  /// @param room after the sums
  public OneShiftSearch(int size, int room) {
    super(size, ALL_ZERO);
    sumX = new float[size + 1 + room];
    sumW = new float[size + 1 + room];
  }

  @Override
  protected boolean split(float[] x, int from) {
    fillSums(x, from);
    boolean found = false;
    for (int low = 0; low <= size; low++) {
      found |= tryBorders(low, low, size + 1);
    }
    return found;
  }

  public final void fillSums(float[] x, int from) {
    for (int i = 0; i < size; i++) {
      int place = order[i];
      sumX[i + 1] = sumX[i] + weights[place] * x[from + place];
      sumW[i + 1] = sumW[i] + weights[place];
    }
    best = -Float.MAX_VALUE;
  }

  /// Tries a lower border with upper ones, from `first` to below `end`.
  ///
  /// @return whether any is better than all before
  public final boolean tryBorders(int low, int first, int end) {
    boolean found = false;
    float lowX = sumX[low];
    float lowW = sumW[low];
    for (int high = first; high < end; high++) {
      float middleX = sumX[high] - lowX;
      float middleW = (sumW[high] - lowW) * SHIFT * SHIFT;
      float highX = sumX[size] - sumX[high];
      float highW = sumW[size] - sumW[high];
      // Squares of the shift do not depend on its sign.
      boolean better =
          improves(
              lowX * MINUS_UP + middleX * SHIFT + highX * PLUS_UP,
              lowW * MINUS_UP * MINUS_UP + middleW + highW * PLUS_UP * PLUS_UP,
              SHIFT);
      better |=
          improves(
              lowX * MINUS_DOWN + middleX * -SHIFT + highX * PLUS_DOWN,
              lowW * MINUS_DOWN * MINUS_DOWN + middleW + highW * PLUS_DOWN * PLUS_DOWN,
              -SHIFT);
      if (better) {
        firstZero = low;
        firstOne = high;
        found = true;
      }
    }
    return found;
  }

  private boolean improves(float sumQX, float sumQ2, float shift) {
    if (!(sumQ2 > 0 && sumQX * sumQX > best * sumQ2)) {
      return false;
    }
    scale = sumQX / sumQ2;
    best = scale * sumQX;
    Arrays.fill(shifts, shift);
    return true;
  }
}
