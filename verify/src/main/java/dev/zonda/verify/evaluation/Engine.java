package dev.zonda.verify.evaluation;

import dev.zonda.verify.kernels.KernelChoice;
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.Machine;
import dev.zonda.verify.kernels.WarmUp;
import dev.zonda.verify.kernels.Workers;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// What evaluates models: kernels, threads, and how much memory they may take.
///
/// The result of an evaluation depends on none of them, to the bit.
public final class Engine implements AutoCloseable {
  /// Tokens per batch beyond which dequantizing weights less often gains nothing. Larger batches,
  /// for which memory must be given, help where the weights do not stay in memory: these are then
  /// read less often.
  private static final int USUAL_BATCH_TOKENS = 2048;

  private static final long USUAL_MEMORY = 512L << 20;

  private final Machine machine;
  private final long memory;
  private final long maxBatchTokens;
  private final FutureTask<Void> warmUp;

  /// The best kernels of this machine.
  ///
  /// @param threads to compute with
  public static Engine of(int threads) {
    return new Engine(KernelChoice.best(), threads, usualMemory(), USUAL_BATCH_TOKENS);
  }

  /// The best kernels of this machine, and batches as large as the memory allows.
  ///
  /// @param threads to compute with
  /// @param memory bytes that an evaluation may take
  public static Engine of(int threads, long memory) {
    return new Engine(KernelChoice.best(), threads, memory);
  }

  /// The memory limit of an evaluation if none is given: a part of what the JVM may take.
  public static long usualMemory() {
    return Math.min(USUAL_MEMORY, Runtime.getRuntime().maxMemory() / 3);
  }

  /// @param memory bytes that an evaluation may take
  Engine(Kernels kernels, int threads, long memory) {
    this(kernels, threads, memory, Integer.MAX_VALUE);
  }

  private Engine(Kernels kernels, int threads, long memory, int maxBatchTokens) {
    this.machine = Machine.of(kernels, new Workers(threads));
    this.memory = memory;
    this.maxBatchTokens = maxBatchTokens;
    this.warmUp = new FutureTask<>(new WarmUp(kernels), null);
    Thread.ofPlatform().daemon().name("zonda-warm-up").start(warmUp);
  }

  /// What computes, for people: `256-bit vectors, 4 threads`.
  public String description() {
    return "%s, %d thread%s"
        .formatted(kernels().description(), workers().count(), workers().count() == 1 ? "" : "s");
  }

  /// Waits until the kernels run at full speed. They warm up from the beginning, while models are
  /// opened and text is read.
  ///
  /// @throws IllegalStateException if a kernel failed: it would fail on real work, too
  void awaitWarmUp() throws InterruptedIOException {
    try {
      warmUp.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      throw new IllegalStateException("the warm-up of the kernels failed", e.getCause());
    }
  }

  Machine machine() {
    return machine;
  }

  public Kernels kernels() {
    return machine.kernels();
  }

  public Workers workers() {
    return machine.workers();
  }

  /// Bytes that an evaluation may take.
  long memory() {
    return memory;
  }

  /// Tokens beyond which batches do not grow.
  long maxBatchTokens() {
    return maxBatchTokens;
  }

  @Override
  public void close() {
    workers().close();
  }
}
