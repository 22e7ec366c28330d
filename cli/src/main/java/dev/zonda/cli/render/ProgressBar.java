package dev.zonda.cli.render;

import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// One line on a terminal that is drawn over and over: share, rate, time left. Goes when the task
/// is done.
///
/// Workers only add to a counter; whoever finds that a redraw is due, draws.
final class ProgressBar implements ProgressListener {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int CELLS = 24;
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final LongSupplier nanoTime;
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong nextRedraw = new AtomicLong();

  // Guarded by this.
  private String task = "";
  private String unit = "";
  private long units;
  private long startNanos;
  private boolean running;

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
    done.set(0);
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

  @Override
  public synchronized void finished() {
    clear();
    running = false;
  }

  /// Makes room for a message; the next redraw brings the bar back.
  synchronized void clear() {
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
    int full = (int) (share * CELLS);
    StringBuilder line = new StringBuilder(CLEAR_LINE);
    line.append(SafeText.shortened(task, 20)).append(" [");
    line.append("#".repeat(full)).append("-".repeat(CELLS - full)).append("] ");
    line.append(String.format(Locale.ROOT, "%3d%%", (int) (share * 100)));
    double seconds = (now - startNanos) / 1e9;
    if (current > 0 && seconds > 0.5) {
      double perSecond = current / seconds;
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
