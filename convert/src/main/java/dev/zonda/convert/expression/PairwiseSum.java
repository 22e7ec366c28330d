package dev.zonda.convert.expression;

/// The sum of many numbers in single precision, in the order of PyTorch's kernel for processors
/// with eight lanes, on one thread: in four rows of vectors, each at four levels, so that small
/// numbers are added to small sums.
final class PairwiseSum {
  private static final int LANES = 8;
  private static final int ROWS = 4;
  private static final int LEVELS = 4;
  private static final int LEAST_POWER = 4;

  private final float[][][] sums = new float[LEVELS][ROWS][LANES];
  private final long count;
  private final long steps;
  private final long vectors;
  private final int power;
  private long added;
  private final float[] few = new float[ROWS];
  private float rest;

  /// @param count of numbers that will be added
  PairwiseSum(long count) {
    this.count = count;
    vectors = count / LANES;
    steps = vectors / ROWS;
    int logarithm = steps <= 2 ? 1 : Long.SIZE - Long.numberOfLeadingZeros(steps - 1);
    power = Math.max(LEAST_POWER, logarithm / LEVELS);
  }

  void add(float number) {
    long vector = added / LANES;
    int lane = (int) (added % LANES);
    if (vectors == 0) {
      few[isOfFullRow() ? (int) (added % ROWS) : 0] += number;
      added++;
      return;
    }
    added++;
    if (vector >= vectors) {
      rest += number;
      return;
    }
    if (vector >= steps * ROWS) {
      if (vector == steps * ROWS && lane == 0) {
        addLevels();
      }
      sums[0][0][lane] += number;
      return;
    }
    int row = (int) (vector % ROWS);
    sums[0][row][lane] += number;
    if (row == ROWS - 1 && lane == LANES - 1) {
      carry(vector / ROWS + 1);
    }
  }

  /// Of fewer numbers than lanes, each row has one; what is left over is added to the first row.
  private boolean isOfFullRow() {
    return added < count / ROWS * ROWS;
  }

  /// Moves sums up where a level is full; the last, unfinished run of steps is not moved.
  private void carry(long step) {
    long mask = (1L << power) - 1;
    if ((step & mask) != 0) {
      return;
    }
    for (int level = 1; level < LEVELS; level++) {
      move(level - 1, level);
      if ((step & (mask << (level * power))) != 0) {
        return;
      }
    }
  }

  private void move(int from, int to) {
    for (int row = 0; row < ROWS; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        sums[to][row][lane] += sums[from][row][lane];
        sums[from][row][lane] = 0;
      }
    }
  }

  private void addLevels() {
    for (int level = 1; level < LEVELS; level++) {
      move(level, 0);
    }
  }

  float total() {
    if (vectors == 0) {
      return few[0] + few[1] + few[2] + few[3];
    }
    addLevels();
    float total = rest;
    for (int lane = 0; lane < LANES; lane++) {
      float ofLane = sums[0][0][lane];
      for (int row = 1; row < ROWS; row++) {
        ofLane += sums[0][row][lane];
      }
      total += ofLane;
    }
    return total;
  }
}
