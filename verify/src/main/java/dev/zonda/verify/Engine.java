package dev.zonda.verify;

import dev.zonda.verify.kernels.KernelChoice;
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.MatrixProduct;
import dev.zonda.verify.kernels.WarmUp;
import dev.zonda.verify.kernels.Workers;
import java.io.InterruptedIOException;

/// What evaluates models: kernels, threads, and how much memory activations may take.
///
/// The result of an evaluation depends on none of them, to the bit.
public final class Engine implements AutoCloseable {
  /// Tokens per batch beyond which dequantizing weights less often gains nothing.
  private static final int MAX_BATCH_TOKENS = 2048;

  private static final long DEFAULT_BUDGET = 512L << 20;

  private final Kernels kernels;
  private final Workers workers;
  private final MatrixProduct product;
  private final long budget;
  private final Thread warmUp;

  /// The best kernels of this machine.
  ///
  /// @param threads to compute with
  public static Engine of(int threads) {
    return new Engine(KernelChoice.best(), threads, DEFAULT_BUDGET);
  }

  /// @param budget bytes that activations may take
  Engine(Kernels kernels, int threads, long budget) {
    this.kernels = kernels;
    this.workers = new Workers(threads);
    this.product = new MatrixProduct(kernels, workers);
    this.budget = budget;
    this.warmUp = Thread.ofPlatform().daemon().name("zonda-warm-up").start(new WarmUp(kernels));
  }

  /// What computes, for people: `256-bit vectors, 4 threads`.
  public String description() {
    return "%s, %d thread%s"
        .formatted(kernels.description(), workers.count(), workers.count() == 1 ? "" : "s");
  }

  /// Waits until the kernels run at full speed. They warm up from the beginning, while models are
  /// opened and text is read.
  void awaitWarmUp() throws InterruptedIOException {
    try {
      warmUp.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  Kernels kernels() {
    return kernels;
  }

  Workers workers() {
    return workers;
  }

  MatrixProduct product() {
    return product;
  }

  /// How many sequences of a length to evaluate together: as many as the budget holds, at least
  /// one.
  int sequencesPerBatch(int length, DecoderSpec spec) {
    long padded = Math.ceilDiv(length, kernels.lanes()) * (long) kernels.lanes();
    long fitting = budget / (padded * spec.floatsPerToken() * Float.BYTES);
    return Math.clamp(fitting, 1, (int) Math.max(1, MAX_BATCH_TOKENS / padded));
  }

  /// How many strips of logits to hold at once.
  int logitStrips(DecoderSpec spec) {
    long strip = (long) kernels.lanes() * spec.vocabulary() * Float.BYTES;
    return Math.clamp(budget / 4 / strip, 1, 1 << 16);
  }

  @Override
  public void close() {
    workers.close();
  }
}
