package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.GridSearch;
import dev.zonda.quantize.levels.Signs;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The grid search with one group in each lane, see [LaneAffineSearch] for how and why; but where
/// levels are not a point of the grid, with one of their neighbours in each lane.
///
/// Four or eight levels are kept as the code that a point with these levels would have. Between the
/// methods everything lies in arrays: value or code i of all lanes side by side.
final class LaneGridSearch extends GridSearch {
  /// The bit of a float's sign.
  private static final int SIGN = 31;

  private final LaneNeighbours lanes;
  private final int bits;
  private final int tuples;
  private final LaneScaleSearch scaleSearch;

  private final float[] x;
  private final float[] w;
  private final float[] wx;

  /// For the values of each lane in turn, the magnitude and, below, the root of the weight, each
  /// repeated for every cost of a value.
  private final float[] magnitudes;

  private final float[] roots;

  private final int[] signs;
  private final int[] codes;
  private final int[] bestCodes;

  /// A bit for each tuple: whether the levels were off the grid.
  private final int[] beside = new int[COUNT];

  private final int[] bestBeside = new int[COUNT];
  private final float[] max = new float[COUNT];
  private final float[] divisor = new float[COUNT];
  private final float[] inverse = new float[COUNT];
  private final float[] scale = new float[COUNT];
  private final float[] best = new float[COUNT];
  private final float[] bestScale = new float[COUNT];
  private final float[] sumQX = new float[COUNT];
  private final float[] sumQ2 = new float[COUNT];

  /// What each level stands for, repeated up to the number of costs.
  private final float[] odd = new float[LaneNeighbours.COSTS];

  private final int[] places = new int[COUNT];
  private final float[] costs = new float[LaneNeighbours.COSTS];

  LaneGridSearch(GridScheme scheme) {
    super(scheme);
    lanes = LaneNeighbours.of(grid);
    bits = grid.bits;
    tuples = size / dimensions;
    scaleSearch = new LaneScaleSearch(size, top + 2);
    x = new float[size * COUNT];
    w = new float[size * COUNT];
    wx = new float[size * COUNT];
    magnitudes = new float[COUNT * tuples * LaneNeighbours.COSTS];
    roots = new float[COUNT * tuples * LaneNeighbours.COSTS];
    signs = new int[size / 8 * COUNT];
    codes = new int[tuples * COUNT];
    bestCodes = new int[tuples * COUNT];
    int stride = LaneNeighbours.COSTS / dimensions;
    for (int i = 0; i < odd.length; i++) {
      odd[i] = 2 * (i % stride) + 1;
    }
  }

  @Override
  public void fit(float[] values, int from, float[] weights, int groups, GridFits fits) {
    for (int group = 0; group < groups; group += COUNT) {
      int n = Math.min(COUNT, groups - group);
      Lanes.interleave(values, from + group * size, size, n, x);
      Lanes.interleave(weights, group * size, size, n, w);
      takeSigns(x, signs);
      if (scheme.parity() == GridScheme.Parity.EVEN) {
        makeEven(x, w, signs);
      }
      weigh(x, w, wx, max);
      start();
      spread(n);
      search(n);
      refine(n);
      for (int lane = 0; lane < n; lane++) {
        store(lane, group + lane, fits);
      }
    }
  }

  /// Replaces values by their magnitudes.
  private static void takeSigns(float[] x, int[] signs) {
    for (int eight = 0; eight < signs.length; eight += COUNT) {
      FloatVector zero = FloatVector.zero(FLOATS);
      FloatVector negative = zero;
      for (int i = 0; i < 8; i++) {
        int at = 8 * eight + i * COUNT;
        FloatVector v = FloatVector.fromArray(FLOATS, x, at);
        VectorMask<Float> below = v.compare(GE, 0).not();
        v.blend(v.neg(), below).intoArray(x, at);
        negative = zero.blend(1 << i, below).add(negative);
      }
      ((IntVector) negative.convert(F2I, 0)).intoArray(signs, eight);
    }
  }

  /// Where the number of negative values is odd, the value that matters least changes sides.
  private static void makeEven(float[] x, float[] w, int[] signs) {
    for (int eight = 0; eight < signs.length; eight += COUNT) {
      IntVector negative = IntVector.fromArray(INTS, signs, eight);
      IntVector parity = negative.lanewise(LSHR, 4).lanewise(XOR, negative);
      parity = parity.lanewise(LSHR, 2).lanewise(XOR, parity);
      parity = parity.lanewise(LSHR, 1).lanewise(XOR, parity).and(1);
      FloatVector v = FloatVector.fromArray(FLOATS, x, 8 * eight);
      FloatVector smallest = FloatVector.fromArray(FLOATS, w, 8 * eight).mul(v).mul(v);
      FloatVector leastAt = FloatVector.zero(FLOATS);
      for (int i = 1; i < 8; i++) {
        v = FloatVector.fromArray(FLOATS, x, 8 * eight + i * COUNT);
        FloatVector weight = FloatVector.fromArray(FLOATS, w, 8 * eight + i * COUNT).mul(v).mul(v);
        VectorMask<Float> more = weight.compare(LT, smallest).not();
        smallest = weight.blend(smallest, more);
        leastAt = FloatVector.broadcast(FLOATS, i).blend(leastAt, more);
      }
      // The value that changes sides, as a bit of the signs.
      IntVector least = parity.lanewise(LSHL, (IntVector) leastAt.convert(F2I, 0));
      negative.lanewise(XOR, least).intoArray(signs, eight);
      for (int i = 0; i < 8; i++) {
        v = FloatVector.fromArray(FLOATS, x, 8 * eight + i * COUNT);
        IntVector sign = least.lanewise(LSHR, i).lanewise(LSHL, SIGN);
        sign.lanewise(XOR, v.reinterpretAsInts())
            .reinterpretAsFloats()
            .intoArray(x, 8 * eight + i * COUNT);
      }
    }
  }

  private static void weigh(float[] x, float[] w, float[] wx, float[] max) {
    FloatVector largest = FloatVector.fromArray(FLOATS, x, 0);
    for (int i = 0; i < x.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      largest = v.blend(largest, v.compare(LT, largest));
      FloatVector.fromArray(FLOATS, w, i).mul(v).intoArray(wx, i);
    }
    largest.intoArray(max, 0);
  }

  /// Finds the first scale, and the divisor that gives the scales to try.
  private void start() {
    FloatVector largest = FloatVector.fromArray(FLOATS, max, 0);
    if (scheme.start() == GridScheme.Start.FITTED) {
      scaleSearch.search(x, w, bestScale);
      FloatVector.fromArray(FLOATS, bestScale, 0).mul(top + 1f).intoArray(divisor, 0);
    } else {
      largest.div(2f * top + 1).intoArray(bestScale, 0);
      largest.intoArray(divisor, 0);
    }
  }

  /// Copies of values and roots, for the costs of neighbours.
  private void spread(int n) {
    int stride = LaneNeighbours.COSTS / dimensions;
    for (int lane = 0; lane < n; lane++) {
      for (int i = 0; i < size; i++) {
        float magnitude = x[i * COUNT + lane];
        float root = (float) Math.sqrt(w[i * COUNT + lane]);
        int at = (lane * size + i) * stride;
        for (int k = at; k < at + stride; k += 4) {
          FloatVector.broadcast(FloatVector.SPECIES_128, magnitude).intoArray(magnitudes, k);
          FloatVector.broadcast(FloatVector.SPECIES_128, root).intoArray(roots, k);
        }
      }
    }
  }

  private void search(int n) {
    Arrays.fill(best, 0);
    Arrays.fill(bestCodes, grid.code(0));
    boolean allIfAny = scheme.refinement() == GridScheme.Refinement.ALL_IF_ANY;
    Arrays.fill(bestBeside, allIfAny ? allPoints() : 0);
    for (int attempt = -scheme.tries(); attempt <= scheme.tries(); attempt++) {
      float target = 2 * top + 1 + attempt * scheme.step();
      FloatVector thisInverse =
          FloatVector.broadcast(FLOATS, target).div(FloatVector.fromArray(FLOATS, divisor, 0));
      thisInverse.intoArray(inverse, 0);
      FloatVector.broadcast(FLOATS, 1).div(thisInverse).intoArray(scale, 0);
      round(x, inverse, dimensions, bits, top, codes);
      for (int lane = 0; lane < n; lane++) {
        beside[lane] = putOnGrid(lane);
      }
      sumUp(wx, w, codes, dimensions, bits, sumQX, sumQ2);
      keepBetter();
    }
  }

  /// Levels for a scale, as codes.
  private static void round(
      float[] x, float[] inverse, int dimensions, int bits, int top, int[] codes) {
    FloatVector factor = FloatVector.fromArray(FLOATS, inverse, 0);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    for (int tuple = 0; tuple < codes.length; tuple += COUNT) {
      IntVector code = IntVector.zero(INTS);
      for (int i = dimensions - 1; i >= 0; i--) {
        IntVector level =
            FloatVector.fromArray(FLOATS, x, tuple * dimensions + i * COUNT)
                .mul(factor)
                .sub(1)
                .mul(0.5f)
                .add(magic)
                .reinterpretAsInts()
                .and(mantissa)
                .sub(0x400000)
                .max(0)
                .min(top);
        code = level.lanewise(LSHL, bits * i).or(code);
      }
      code.intoArray(codes, tuple);
    }
  }

  /// Replaces a lane's codes that are off the grid by the cheapest neighbour's.
  ///
  /// @return a bit for each of these
  private int putOnGrid(int lane) {
    int replaced = 0;
    for (int tuple = 0; tuple < tuples; tuple++) {
      replaced |= putOnGrid(lane, tuple, codes) << tuple;
    }
    return replaced;
  }

  private int putOnGrid(int lane, int tuple, int[] found) {
    int cell = lanes.cell(codes[tuple * COUNT + lane]);
    if (cell < 0) {
      fillCosts(magnitudes, roots, (lane * tuples + tuple) * LaneNeighbours.COSTS, scale[lane]);
      found[tuple * COUNT + lane] = lanes.cheapest(cell, costs, places);
      return 1;
    }
    found[tuple * COUNT + lane] = cell;
    return 0;
  }

  private void fillCosts(float[] magnitudes, float[] roots, int from, float scale) {
    FloatVector step = FloatVector.broadcast(FLOATS, scale);
    for (int i = 0; i < LaneNeighbours.COSTS; i += COUNT) {
      FloatVector difference =
          FloatVector.fromArray(FLOATS, odd, i)
              .mul(step)
              .sub(FloatVector.fromArray(FLOATS, magnitudes, from + i));
      FloatVector.fromArray(FLOATS, roots, from + i)
          .mul(difference)
          .mul(difference)
          .intoArray(costs, i);
    }
  }

  private static void sumUp(
      float[] wx, float[] w, int[] codes, int dimensions, int bits, float[] sumQX, float[] sumQ2) {
    FloatVector qx = FloatVector.zero(FLOATS);
    FloatVector q2 = FloatVector.zero(FLOATS);
    int mask = 2 * ((1 << bits) - 1);
    for (int tuple = 0; tuple < codes.length; tuple += COUNT) {
      IntVector code = IntVector.fromArray(INTS, codes, tuple).lanewise(LSHL, 1);
      for (int i = 0; i < dimensions; i++) {
        int at = tuple * dimensions + i * COUNT;
        FloatVector q = (FloatVector) code.lanewise(LSHR, bits * i).and(mask).or(1).convert(I2F, 0);
        qx = FloatVector.fromArray(FLOATS, wx, at).mul(q).add(qx);
        q2 = FloatVector.fromArray(FLOATS, w, at).mul(q).mul(q).add(q2);
      }
    }
    qx.intoArray(sumQX, 0);
    q2.intoArray(sumQ2, 0);
  }

  private void keepBetter() {
    FloatVector qx = FloatVector.fromArray(FLOATS, sumQX, 0);
    FloatVector q2 = FloatVector.fromArray(FLOATS, sumQ2, 0);
    FloatVector before = FloatVector.fromArray(FLOATS, best, 0);
    VectorMask<Float> better = q2.compare(GT, 0).and(qx.mul(qx).compare(GT, before.mul(q2)));
    if (!better.anyTrue()) {
      return;
    }
    FloatVector fitted = qx.div(q2);
    before.blend(fitted.mul(qx), better).intoArray(best, 0);
    FloatVector.fromArray(FLOATS, bestScale, 0).blend(fitted, better).intoArray(bestScale, 0);
    VectorMask<Integer> betterInts = better.cast(INTS);
    IntVector.fromArray(INTS, bestBeside, 0)
        .blend(IntVector.fromArray(INTS, beside, 0), betterInts)
        .intoArray(bestBeside, 0);
    for (int tuple = 0; tuple < codes.length; tuple += COUNT) {
      IntVector.fromArray(INTS, bestCodes, tuple)
          .blend(IntVector.fromArray(INTS, codes, tuple), betterInts)
          .intoArray(bestCodes, tuple);
    }
  }

  /// Finds points once more for the best scale, see [GridSearch].
  private void refine(int n) {
    FloatVector fitted = FloatVector.fromArray(FLOATS, bestScale, 0);
    fitted.intoArray(scale, 0);
    FloatVector.broadcast(FLOATS, 1).div(fitted).intoArray(inverse, 0);
    round(x, inverse, dimensions, bits, top, codes);
    boolean any = false;
    for (int lane = 0; lane < n; lane++) {
      int which =
          switch (scheme.refinement()) {
            case BESIDE_GRID -> bestBeside[lane];
            case ALL_IF_ANY -> bestBeside[lane] == 0 ? 0 : allPoints();
            case ALL -> allPoints();
          };
      which = bestScale[lane] > 0 ? which : 0;
      // Lanes without a point to find are marked by 0.
      beside[lane] = which;
      any |= which != 0;
      for (int tuple = 0; tuple < tuples; tuple++) {
        if ((which >> tuple & 1) != 0) {
          putOnGrid(lane, tuple, bestCodes);
        }
      }
    }
    if (any) {
      sumUp(wx, w, bestCodes, dimensions, bits, sumQX, sumQ2);
      for (int lane = 0; lane < n; lane++) {
        if (beside[lane] != 0 && sumQ2[lane] > 0) {
          bestScale[lane] = sumQX[lane] / sumQ2[lane];
        }
      }
    }
  }

  private void store(int lane, int group, GridFits fits) {
    boolean fitted = scheme.start() == GridScheme.Start.FITTED;
    fits.allZero[group] = max[lane] < scheme.allZero() || (fitted && divisor[lane] <= 0);
    if (fits.allZero[group]) {
      fits.scale[group] = 0;
      return;
    }
    float found = bestScale[lane];
    int turn = found < 0 ? Signs.ALL : 0;
    for (int k = 0; k < fits.signsPerGroup; k++) {
      fits.signs[group * fits.signsPerGroup + k] = signs[k * COUNT + lane] ^ turn;
    }
    for (int tuple = 0; tuple < tuples; tuple++) {
      fits.points[group * tuples + tuple] = lanes.point(bestCodes[tuple * COUNT + lane]);
    }
    found = found < 0 ? -found : found;
    // Not a number: ggml gives up here.
    fits.scale[group] = found >= 0 ? found : 0;
  }
}
