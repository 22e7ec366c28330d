package dev.zonda.quantize.levels;

/// The search of IQ1_M, with a shift for each half of a group.
public class TwoShiftSearch extends TernarySearch {
  private static final float ALL_ZERO = 1e-7f;

  // Squares of the lower level minus those of the upper, for both borders and shifts.
  public static final float LOW_UP = square(SHIFT - 1) - square(SHIFT);
  public static final float HIGH_UP = square(SHIFT) - square(SHIFT + 1);
  public static final float LOW_DOWN = square(-SHIFT - 1) - square(-SHIFT);
  public static final float HIGH_DOWN = square(-SHIFT) - square(-SHIFT + 1);

  public final Part first;
  public final Part second;

  public float best;

  public TwoShiftSearch(int size) {
    this(size, 0);
  }

  /// @param room after the sums
  public TwoShiftSearch(int size, int room) {
    super(size, ALL_ZERO);
    first = new Part(size + 1 + room);
    second = new Part(size + 1 + room);
  }

  private static float square(float value) {
    return value * value;
  }

  /// Sums of a half's values among the smallest values of the group: of none, of one, and so on.
  public static final class Part {
    public final float[] sumX;
    public final float[] sumW;

    Part(int length) {
      sumX = new float[length];
      sumW = new float[length];
    }

    public void add(int i, float weight, float x) {
      sumX[i + 1] = sumX[i] + weight * x;
      sumW[i + 1] = sumW[i] + weight;
    }

    void skip(int i) {
      sumX[i + 1] = sumX[i];
      sumW[i + 1] = sumW[i];
    }
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
      Part here = place < EIGHT ? first : second;
      here.add(i, weights[place], x[from + place]);
      (here == first ? second : first).skip(i);
    }
    best = -Float.MAX_VALUE;
  }

  /// Tries a lower border with upper ones, from `from` to below `end`. Levels are one apart: all
  /// values at the upper level, minus one for each border below.
  ///
  /// @return whether any is better than all before
  public final boolean tryBorders(int low, int from, int end) {
    float up = SHIFT + 1;
    float down = -SHIFT + 1;
    float[] x1 = first.sumX;
    float[] x2 = second.sumX;
    float[] w1 = first.sumW;
    float[] w2 = second.sumW;
    float q2Up1 = w1[size] * up * up + w1[low] * LOW_UP;
    float q2Up2 = w2[size] * up * up + w2[low] * LOW_UP;
    float q2Down1 = w1[size] * down * down + w1[low] * LOW_DOWN;
    float q2Down2 = w2[size] * down * down + w2[low] * LOW_DOWN;
    boolean found = false;
    for (int high = from; high < end; high++) {
      float below1 = x1[low] + x1[high];
      float below2 = x2[low] + x2[high];
      float qxUp1 = x1[size] * up - below1;
      float qxUp2 = x2[size] * up - below2;
      float qxDown1 = x1[size] * down - below1;
      float qxDown2 = x2[size] * down - below2;
      float up1 = q2Up1 + w1[high] * HIGH_UP;
      float up2 = q2Up2 + w2[high] * HIGH_UP;
      float down1 = q2Down1 + w1[high] * HIGH_DOWN;
      float down2 = q2Down2 + w2[high] * HIGH_DOWN;
      // The order matters where two are equally good.
      boolean better = improves(qxUp1 + qxUp2, up1 + up2, SHIFT, SHIFT);
      better |= improves(qxUp1 + qxDown2, up1 + down2, SHIFT, -SHIFT);
      better |= improves(qxDown1 + qxUp2, down1 + up2, -SHIFT, SHIFT);
      better |= improves(qxDown1 + qxDown2, down1 + down2, -SHIFT, -SHIFT);
      if (better) {
        firstZero = low;
        firstOne = high;
        found = true;
      }
    }
    return found;
  }

  private boolean improves(float sumQX, float sumQ2, float shift1, float shift2) {
    if (!(sumQ2 > 0 && sumQX * sumQX > best * sumQ2)) {
      return false;
    }
    scale = sumQX / sumQ2;
    best = scale * sumQX;
    shifts[0] = shift1;
    shifts[1] = shift2;
    return true;
  }
}
