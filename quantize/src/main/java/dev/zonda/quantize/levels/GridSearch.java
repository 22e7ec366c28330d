package dev.zonda.quantize.levels;

import java.util.Arrays;

/// Finds the signs, the points of a grid and the scales of groups, for the types of 2 and 3 bits.
///
/// A number of scales are tried. Each gives every value the nearest level; where four or eight
/// levels are not a point of the grid, the neighbour with the least weighted squared error is
/// taken. The scale that fits these points best has a closed form: with q = 2l + 1, scale = Σwxq /
/// Σwq². The best of the tries wins; then the points are found once more for its scale.
public class GridSearch {
  public final GridScheme scheme;
  public final Grid grid;
  public final Neighbours neighbours;
  public final int size;
  public final int dimensions;
  public final int top;

  /// Signs of one group, a byte for eight values; below, its points.
  private final int[] signs;

  private final int[] points;

  /// Weights of one group.
  private final float[] weights;

  private final float[] roots;
  private final float[] magnitudes;
  private final float[] weighted;
  private final byte[] levels;

  /// What each level stands for, at the scale in question.
  private final float[] steps = new float[8];

  private final float[] costs = new float[32];
  private final int[] candidates;

  private boolean allZero;

  /// A bit for each point: whether the levels were off the grid.
  private int beside;

  private float sumQX;
  private float sumQ2;

  public GridSearch(GridScheme scheme) {
    this.scheme = scheme;
    grid = scheme.grid();
    neighbours = Neighbours.of(grid);
    dimensions = grid.dimensions;
    top = grid.base - 1;
    size = scheme.group();
    weights = new float[size];
    signs = new int[size / 8];
    points = new int[size / dimensions];
    roots = new float[size];
    magnitudes = new float[size];
    weighted = new float[size];
    levels = new byte[size];
    candidates = new int[points.length];
  }

  /// Searches consecutive groups.
  ///
  /// @param x values, from index `from` on
  /// @param w weight of each value, from index 0 on
  /// @param fits receives what is found, from index 0 on
  public void fit(float[] x, int from, float[] w, int groups, GridFits fits) {
    for (int group = 0; group < groups; group++) {
      System.arraycopy(w, group * size, weights, 0, size);
      fits.scale[group] = fitGroup(x, from + group * size);
      fits.allZero[group] = allZero;
      System.arraycopy(signs, 0, fits.signs, group * signs.length, signs.length);
      System.arraycopy(points, 0, fits.points, group * points.length, points.length);
    }
  }

  /// @return the scale, zero or more
  private float fitGroup(float[] x, int from) {
    allZero = false;
    takeSigns(x, from);
    float max = magnitudes[0];
    for (int i = 1; i < size; i++) {
      max = max > magnitudes[i] ? max : magnitudes[i];
    }
    if (max < scheme.allZero()) {
      return zero();
    }
    float scale;
    float divisor;
    if (scheme.start() == GridScheme.Start.FITTED) {
      scale = ScaleSearch.search(magnitudes, 0, size, weights, top + 2, levels);
      divisor = scale * (top + 1);
      if (divisor <= 0) {
        return zero();
      }
    } else {
      scale = max / (2 * top + 1);
      divisor = max;
    }
    for (int i = 0; i < size; i++) {
      roots[i] = (float) Math.sqrt(weights[i]);
      weighted[i] = weights[i] * magnitudes[i];
    }
    scale = refine(search(scale, divisor));
    if (scale < 0) {
      scale = -scale;
      for (int k = 0; k < signs.length; k++) {
        signs[k] ^= Signs.ALL;
      }
    }
    // Not a number: ggml gives up here.
    return scale >= 0 ? scale : 0;
  }

  private float zero() {
    allZero = true;
    return 0;
  }

  private void takeSigns(float[] x, int from) {
    for (int k = 0; k < signs.length; k++) {
      int negative = 0;
      for (int i = 0; i < 8; i++) {
        float v = x[from + 8 * k + i];
        boolean positive = v >= 0;
        magnitudes[8 * k + i] = positive ? v : -v;
        negative |= positive ? 0 : 1 << i;
      }
      if (scheme.parity() == GridScheme.Parity.EVEN && !Signs.isEven(negative)) {
        int least = leastImportant(x, from + 8 * k, 8 * k);
        magnitudes[8 * k + least] = -magnitudes[8 * k + least];
        negative ^= 1 << least;
      }
      signs[k] = negative;
    }
  }

  private int leastImportant(float[] x, int from, int at) {
    int least = 0;
    float smallest = weights[at] * x[from] * x[from];
    for (int i = 1; i < 8; i++) {
      float weight = weights[at + i] * x[from + i] * x[from + i];
      if (weight < smallest) {
        smallest = weight;
        least = i;
      }
    }
    return least;
  }

  public final int allPoints() {
    return (1 << (size / dimensions)) - 1;
  }

  private float search(float first, float divisor) {
    float scale = first;
    float best = 0;
    Arrays.fill(points, 0);
    int besideBest = scheme.refinement() == GridScheme.Refinement.ALL_IF_ANY ? allPoints() : 0;
    for (int attempt = -scheme.tries(); attempt <= scheme.tries(); attempt++) {
      float inverse = (2 * top + 1 + attempt * scheme.step()) / divisor;
      beside = 0;
      choose(inverse, 1 / inverse, allPoints(), candidates);
      sumUp();
      if (sumQ2 > 0 && sumQX * sumQX > best * sumQ2) {
        scale = sumQX / sumQ2;
        best = scale * sumQX;
        System.arraycopy(candidates, 0, points, 0, points.length);
        besideBest = beside;
      }
    }
    beside = besideBest;
    return scale;
  }

  private float refine(float scale) {
    int which =
        switch (scheme.refinement()) {
          case BESIDE_GRID -> beside;
          case ALL_IF_ANY -> beside == 0 ? 0 : allPoints();
          case ALL -> allPoints();
        };
    if (which == 0 || !(scale > 0)) {
      return scale;
    }
    choose(1 / scale, scale, which, points);
    for (int k = 0; k < points.length; k++) {
      grid.levels(points[k], levels, k * dimensions);
    }
    sumUp();
    return sumQ2 > 0 ? sumQX / sumQ2 : scale;
  }

  /// Finds points for a scale, and their levels.
  ///
  /// @param which a bit for each point that is wanted
  private void choose(float inverse, float scale, int which, int[] found) {
    for (int i = 0; i < size; i++) {
      levels[i] = (byte) Rounding.nearest(0.5f * (inverse * magnitudes[i] - 1), 0, top);
    }
    for (int level = 0; level < steps.length; level++) {
      steps[level] = scale * (2 * level + 1);
    }
    for (int k = 0; k < found.length; k++) {
      if ((which >> k & 1) == 0) {
        continue;
      }
      int at = k * dimensions;
      int cell = neighbours.cell(levels, at);
      int point = neighbours.point(cell);
      if (point < 0) {
        beside |= 1 << k;
        fillCosts(at);
        point = neighbours.cheapest(cell, costs);
        grid.levels(point, levels, at);
      }
      found[k] = point;
    }
  }

  /// What each level of four or eight values costs, in places that [Neighbours#cheapest] knows.
  private void fillCosts(int at) {
    if (dimensions == 4) {
      for (int i = 0; i < 4; i++) {
        float x = magnitudes[at + i];
        float root = roots[at + i];
        for (int level = 0; level < 8; level++) {
          float difference = steps[level] - x;
          costs[i << 3 | level] = root * difference * difference;
        }
      }
    } else {
      for (int i = 0; i < 8; i++) {
        float x = magnitudes[at + i];
        float root = roots[at + i];
        for (int level = 0; level < 4; level++) {
          float difference = steps[level] - x;
          costs[i << 2 | level] = root * difference * difference;
        }
      }
    }
  }

  private void sumUp() {
    float qx = 0;
    float q2 = 0;
    for (int i = 0; i < size; i++) {
      float q = 2 * levels[i] + 1;
      qx += weighted[i] * q;
      q2 += weights[i] * q * q;
    }
    sumQX = qx;
    sumQ2 = q2;
  }
}
