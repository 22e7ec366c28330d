package dev.zonda.cli.render;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// One line on a terminal that is redrawn over and over: share, tensors, bytes, rate, time left. It
/// disappears when the task is done.
///
/// Workers only add to a counter; the one that finds a redraw due draws.
final class ProgressBar implements ProgressListener {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int CELLS = 24;

  /// Used where there is less room, or more to show.
  private static final int FEW_CELLS = 10;

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final LongSupplier nanoTime;
  private final int columns;
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

  /// @param columns of the terminal: what does not fit in one line is left out
  ProgressBar(PrintWriter err, LongSupplier nanoTime, int columns) {
    this.err = err;
    this.nanoTime = nanoTime;
    this.columns = columns;
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

  /// Skipped work does not count for the rate.
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
    String name = tensors > 0 ? task.split(" ", 2)[0] : SafeText.shortened(task, 20);
    String percent = String.format(Locale.ROOT, "%3d%%", (int) (share * 100));
    String amounts =
        tensors > 0 ? "  %d/%d tensors  %s".formatted(tensorsDone, tensors, amount(current)) : "";
    String rate = "";
    String left = "";
    double seconds = (now - startNanos) / 1e9;
    long worked = current - skipped.get();
    if (worked > 0 && seconds > 0.5) {
      double perSecond = worked / seconds;
      rate = "  " + amount((long) perSecond) + "/s";
      left = "  " + clock(Duration.ofSeconds((long) ((units - current) / perSecond))) + " left";
    }
    String bar = " [" + cells(share, tensors > 0 ? FEW_CELLS : CELLS) + "] ";
    String narrow = " [" + cells(share, FEW_CELLS) + "] ";
    // From everything down to what matters most.
    String line =
        Stream.of(
                name + bar + percent + amounts + rate + left,
                name + bar + percent + amounts + left,
                name + narrow + percent + amounts + left,
                name + narrow + percent + left,
                name + " " + percent.strip() + left,
                percent.strip())
            .filter(text -> text.length() < columns)
            .findFirst()
            .orElse("");
    err.print(CLEAR_LINE + line);
    err.flush();
  }

  private static String cells(double share, int count) {
    int full = (int) (share * count);
    return "#".repeat(full) + "-".repeat(count - full);
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
