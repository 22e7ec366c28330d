package dev.zonda.quantize.levels;

/// Finds points of [Grid#IQ1] and a scale for a group: levels -1, 0 and 1, all moved by an eighth
/// up or down, so that there are no zeros.
///
/// With the values in ascending order, two borders give every value its level. All pairs of borders
/// and all shifts are tried: with q = level ± 1/8, scale = Σwxq / Σwq², and the largest (Σwxq)² /
/// Σwq² wins. Where eight levels are not a point of the grid, the neighbour with the least weighted
/// squared error is taken.
///
/// A subclass knows which shifts there are.
public abstract class TernarySearch {
  /// By how much levels are moved.
  public static final float SHIFT = 0.125f;

  /// Values of a point.
  public static final int EIGHT = 8;

  private final Neighbours neighbours = Neighbours.of(Grid.IQ1);
  private final float allZero;

  public final int size;

  /// The weight of each value, filled in before [#fit].
  public final float[] weights;

  /// The point of every eight values; below, their shift.
  public final int[] points;

  public final float[] shifts;

  /// The values' places, in ascending order of the values.
  public final int[] order;

  /// What [#split] finds: numbers of values with level -1, and with level -1 or 0; and the scale.
  int firstZero;

  int firstOne;
  public float scale;

  private final float[] ascending;
  public final byte[] levels;
  private final float[] costs = new float[4 * EIGHT];

  /// @param size values in a group
  /// @param allZero groups whose magnitudes all stay below this count as zero
  public TernarySearch(int size, float allZero) {
    this.size = size;
    this.allZero = allZero;
    weights = new float[size];
    points = new int[size / EIGHT];
    shifts = new float[size / EIGHT];
    order = new int[size];
    ascending = new float[size];
    levels = new byte[size];
  }

  /// Finds borders, shifts and scale.
  ///
  /// @return whether there are any
  protected abstract boolean split(float[] x, int from);

  /// Searches one group.
  ///
  /// @return the scale, zero or more; zero for a group that has neither points nor shifts
  public final float fit(float[] x, int from) {
    float max = Math.abs(x[from]);
    for (int i = 1; i < size; i++) {
      float magnitude = Math.abs(x[from + i]);
      max = max > magnitude ? max : magnitude;
    }
    if (max < allZero) {
      return nothing();
    }
    sort(x, from);
    if (!split(x, from)) {
      return nothing();
    }
    for (int i = 0; i < size; i++) {
      levels[order[i]] = (byte) (i < firstZero ? 0 : i < firstOne ? 1 : 2);
    }
    if (scale < 0) {
      turn();
    }
    if (choosePoints(x, from)) {
      adjustScale(x, from);
    }
    // Not a number: ggml gives up here.
    return scale >= 0 ? scale : 0;
  }

  private float nothing() {
    for (int k = 0; k < points.length; k++) {
      points[k] = 0;
      shifts[k] = SHIFT;
    }
    return 0;
  }

  /// Equal values keep their order.
  protected void sort(float[] x, int from) {
    for (int i = 0; i < size; i++) {
      float v = x[from + i];
      int place = i;
      while (place > 0 && v < ascending[place - 1]) {
        ascending[place] = ascending[place - 1];
        order[place] = order[place - 1];
        place--;
      }
      ascending[place] = v;
      order[place] = i;
    }
  }

  /// Makes a negative scale positive, with all signs changed.
  private void turn() {
    scale = -scale;
    for (int i = 0; i < size; i++) {
      levels[i] = (byte) (2 - levels[i]);
    }
    for (int k = 0; k < shifts.length; k++) {
      shifts[k] = -shifts[k];
    }
  }

  /// @return whether any point differs from the levels
  private boolean choosePoints(float[] x, int from) {
    boolean beside = false;
    for (int k = 0; k < points.length; k++) {
      int cell = neighbours.cell(levels, EIGHT * k);
      points[k] = neighbours.point(cell);
      if (points[k] < 0) {
        beside = true;
        fillCosts(x, from, k);
        points[k] = cheapest(EIGHT * k, costs);
      }
    }
    return beside;
  }

  /// The cheapest neighbour of the levels from index `at` on.
  public int cheapest(int at, float[] costs) {
    return neighbours.cheapest(neighbours.cell(levels, at), costs);
  }

  private void fillCosts(float[] x, int from, int k) {
    for (int i = 0; i < EIGHT; i++) {
      float v = x[from + EIGHT * k + i];
      float weight = weights[EIGHT * k + i];
      for (int level = 0; level < 3; level++) {
        float difference = scale * (level - 1 + shifts[k]) - v;
        costs[i << 2 | level] = weight * difference * difference;
      }
    }
  }

  private void adjustScale(float[] x, int from) {
    float sumQX = 0;
    float sumQ2 = 0;
    for (int i = 0; i < size; i++) {
      float q = value(points[i / EIGHT], i % EIGHT, shifts[i / EIGHT]);
      sumQX += weights[i] * q * x[from + i];
      sumQ2 += weights[i] * q * q;
    }
    if (sumQX > 0 && sumQ2 > 0) {
      scale = sumQX / sumQ2;
    }
  }

  /// A value of a point, shifted.
  public static float value(int point, int dimension, float shift) {
    return Grid.IQ1.value(point, dimension) + shift;
  }

  /// Dequantizes the values of one point.
  public static void decodePoint(int point, float shift, float scale, float[] values, int to) {
    for (int i = 0; i < EIGHT; i++) {
      values[to + i] = scale * value(point, i, shift);
    }
  }
}
