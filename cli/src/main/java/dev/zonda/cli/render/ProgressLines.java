package dev.zonda.cli.render;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/// Progress for programs: a line of JSON when a task starts, twice a second while it runs, after
/// each tensor, and when it ends.
final class ProgressLines implements ProgressListener {
  private static final long INTERVAL_NANOS = 500_000_000;

  private final PrintWriter err;
  private final LongSupplier nanoTime;

  // All guarded by this.
  private String task = "";
  private String unit = "";
  private long total;
  private long done;
  private long skipped;
  private int tensorsDone;
  private Optional<Integer> tensors = Optional.empty();
  private long startNanos;
  private long nextNanos;

  ProgressLines(PrintWriter err, LongSupplier nanoTime) {
    this.err = err;
    this.nanoTime = nanoTime;
  }

  /// @param event `started`, `progress` or `ended`
  /// @param skipped of the units done, those that an earlier run did
  /// @param tensors how many there are, once the first is done
  /// @param secondsLeft if the rate stays what it was
  private record State(
      String event,
      String task,
      String unit,
      long done,
      long total,
      long skipped,
      int tensorsDone,
      Optional<Integer> tensors,
      double seconds,
      OptionalLong perSecond,
      OptionalLong secondsLeft) {}

  private record Tensor(String event, String name, TensorType from, TensorType to, long bytes) {}

  @Override
  public synchronized void started(String newTask, long units, String newUnit) {
    task = newTask;
    unit = newUnit;
    total = units;
    done = 0;
    skipped = 0;
    tensorsDone = 0;
    tensors = Optional.empty();
    startNanos = nanoTime.getAsLong();
    nextNanos = startNanos + INTERVAL_NANOS;
    print("started");
  }

  @Override
  public synchronized void advanced(long units) {
    done += units;
    if (nanoTime.getAsLong() - nextNanos >= 0) {
      nextNanos = nanoTime.getAsLong() + INTERVAL_NANOS;
      print("progress");
    }
  }

  @Override
  public synchronized void skipped(long units) {
    skipped += units;
    advanced(units);
  }

  @Override
  public synchronized void finishedTensor(TensorType source, TensorInfo target, int count) {
    tensorsDone++;
    tensors = Optional.of(count);
    print(new Tensor("tensor", target.name(), source, target.type(), target.bytes()));
  }

  @Override
  public synchronized void finished() {
    print("ended");
  }

  /// A message of another kind, between the lines.
  synchronized void message(String line) {
    err.println(line);
    err.flush();
  }

  private void print(String event) {
    double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
    double rate = seconds > 0 ? (done - skipped) / seconds : 0;
    print(
        new State(
            event,
            task,
            unit,
            done,
            total,
            skipped,
            tensorsDone,
            tensors,
            Math.round(seconds * 1000) / 1000.0,
            rate > 0 ? OptionalLong.of(Math.round(rate)) : OptionalLong.empty(),
            rate > 0 ? OptionalLong.of(Math.round((total - done) / rate)) : OptionalLong.empty()));
  }

  private void print(Record event) {
    Json.writeLine(event, err);
    err.println();
    err.flush();
  }
}
