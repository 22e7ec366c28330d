package dev.zonda.verify.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Makes the JVM compile the kernels before they meet real work.
///
/// Until the optimizing compiler has compiled it, vector code allocates an object per operation and
/// is hundreds of times slower than afterwards, and the compiler takes up a method only after many
/// calls. On real work these take seconds of all cores; on tiny inputs a fraction of a second.
public final class WarmUp implements Runnable {
  /// Long enough for code with vectors to be compiled by its calls, short enough to be cheap when
  /// interpreted, and not to be compiled in the middle of a loop first.
  private static final int FEATURES = 8;

  /// Calls that are timed together.
  private static final int CALLS = 50;

  /// Calls after which the compiler has taken up a method, with margin.
  private static final int NOTICED = 1000;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

  /// Rows of the product that a multiple of those at once leaves over: one of each kernel's.
  private static final int REST_ROWS = 5;

  /// Time of a call that only compiled code keeps: it needs a tenth of it, other code ten times as
  /// much.
  private static final long COMPILED_NANOS = 2_000;

  /// When to give up: where vectors are wider than the machine's, nothing makes them fast.
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Kernels kernels;

  public WarmUp(Kernels kernels) {
    this.kernels = kernels;
  }

  /// Returns when all kernels are compiled, or after two seconds.
  @Override
  public void run() {
    long start = System.nanoTime();
    List<Runnable> waiting = new ArrayList<>(operations());
    for (Runnable operation : waiting) {
      for (int i = 0; i < NOTICED / CALLS; i++) {
        long _ = time(operation);
      }
    }
    while (System.nanoTime() - start < LIMIT_NANOS) {
      waiting.removeIf(operation -> time(operation) < CALLS * COMPILED_NANOS);
      if (waiting.isEmpty()) {
        return;
      }
      // The compiler has its own threads: they need the cores now.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static long time(Runnable operation) {
    long start = System.nanoTime();
    for (int i = 0; i < CALLS; i++) {
      operation.run();
    }
    return System.nanoTime() - start;
  }

  /// The kernels, the most important first.
  private List<Runnable> operations() {
    int lanes = kernels.lanes();
    int rows = kernels.rowsAtOnce() + REST_ROWS;
    int size = FEATURES * lanes;
    Panel panel = new Panel(rows);
    float[] matrix = new float[4 * FEATURES];
    float[] x = new float[size];
    float[] y = new float[Math.max(rows, FEATURES) * lanes];
    float[] weight = new float[FEATURES];
    float[] table = new float[size];
    Arrays.fill(x, 1);
    Kernels.Pairs pairs = Kernels.Pairs.neighbours(FEATURES / 2);
    Kernels.Strided strided = new Kernels.Strided(matrix, 0, FEATURES, 1);
    return List.of(
        () -> kernels.multiplyPanel(panel, rows, FEATURES, x, 0, y, 0),
        () -> kernels.multiply(strided, 4, FEATURES, x, 0, y, 0),
        () -> kernels.softmax(y, FEATURES, 1),
        () -> kernels.swiGlu(y, 0, x, 0, size),
        () -> kernels.rmsNorm(x, 0, FEATURES, weight, 1, y, 0),
        () -> kernels.rotate(y, 0, pairs, table, table, 0),
        () -> kernels.add(y, 0, x, 0, size),
        () -> kernels.exp(x, 0, 1, y, 0, size));
  }
}
