package dev.zonda.cli.render;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// One line on a terminal that is drawn over and over: share, tensors, bytes, rate, time left. Goes
/// when the task is done.
///
/// Workers only add to a counter; whoever finds that a redraw is due, draws.
final class ProgressBar implements ProgressListener {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int CELLS = 24;

  /// Where tensors are counted, the line must still be shorter than 80 characters.
  private static final int CELLS_WITH_TENSORS = 10;

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final LongSupplier nanoTime;
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private final AtomicLong nextRedraw = new AtomicLong();

  // Guarded by this.
  private String task = "";
  private String unit = "";
  private long units;
  private long startNanos;
  private boolean running;
  private int tensorsDone;
  private int tensors;

  ProgressBar(PrintWriter err, LongSupplier nanoTime) {
    this.err = err;
    this.nanoTime = nanoTime;
  }

  @Override
  public synchronized void started(String newTask, long newUnits, String newUnit) {
    task = newTask;
    units = newUnits;
    unit = newUnit;
    startNanos = nanoTime.getAsLong();
    running = true;
    tensorsDone = 0;
    tensors = 0;
    done.set(0);
    skipped.set(0);
    draw(startNanos);
  }

  @Override
  public void advanced(long more) {
    done.addAndGet(more);
    long now = nanoTime.getAsLong();
    long due = nextRedraw.get();
    if (now - due >= 0 && nextRedraw.compareAndSet(due, now + REDRAW_NANOS)) {
      draw(now);
    }
  }

  /// What was skipped says nothing of the rate.
  @Override
  public void skipped(long units) {
    skipped.addAndGet(units);
    advanced(units);
  }

  @Override
  public synchronized void finishedTensor(TensorType source, TensorInfo target, int count) {
    tensorsDone++;
    tensors = count;
  }

  @Override
  public synchronized void finished() {
    clear();
    running = false;
  }

  /// Puts a message above the bar, which the next redraw brings back.
  synchronized void message(String line) {
    clear();
    err.println(line);
    err.flush();
  }

  private void clear() {
    if (running) {
      err.print(CLEAR_LINE);
      err.flush();
    }
  }

  private synchronized void draw(long now) {
    if (!running) {
      return;
    }
    nextRedraw.set(now + REDRAW_NANOS);
    long current = Math.min(done.get(), units);
    double share = units == 0 ? 1 : (double) current / units;
    int cells = tensors > 0 ? CELLS_WITH_TENSORS : CELLS;
    int full = (int) (share * cells);
    StringBuilder line = new StringBuilder(CLEAR_LINE);
    line.append(tensors > 0 ? task.split(" ", 2)[0] : SafeText.shortened(task, 20)).append(" [");
    line.append("#".repeat(full)).append("-".repeat(cells - full)).append("] ");
    line.append(String.format(Locale.ROOT, "%3d%%", (int) (share * 100)));
    if (tensors > 0) {
      line.append("  %d/%d tensors  %s".formatted(tensorsDone, tensors, amount(current)));
    }
    double seconds = (now - startNanos) / 1e9;
    long worked = current - skipped.get();
    if (worked > 0 && seconds > 0.5) {
      double perSecond = worked / seconds;
      long left = (long) ((units - current) / perSecond);
      line.append("  ").append(amount((long) perSecond)).append("/s");
      line.append("  ").append(clock(Duration.ofSeconds(left))).append(" left");
    }
    err.print(line);
    err.flush();
  }

  private String amount(long value) {
    return unit.equals("bytes") ? Sizes.bytes(value) : Sizes.count(value) + " " + unit;
  }

  private static String clock(Duration duration) {
    long seconds = duration.toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds % 3600 / 60, seconds % 60);
  }
}
