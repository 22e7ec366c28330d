package dev.zonda.verify.kernels;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads that share the tasks of one operation after the other. The caller's thread works too.
public final class Workers implements AutoCloseable {
  /// One operation, split into tasks that may run in any order and at the same time.
  @FunctionalInterface
  public interface Task {
    /// @param index which of the tasks
    /// @param worker which thread, from 0 to [Workers#count]: for scratch memory
    void run(int index, int worker) throws IOException;
  }

  private final int count;
  private final ExecutorService helpers;

  public Workers(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("no threads: " + count);
    }
    this.count = count;
    this.helpers =
        Executors.newFixedThreadPool(
            Math.max(1, count - 1),
            Thread.ofPlatform().daemon().name("zonda-verify-", 1).factory());
  }

  /// Threads, the caller's included.
  public int count() {
    return count;
  }

  /// Runs tasks 0 to `tasks - 1`, returns when all are done, and passes on the first failure.
  public void run(int tasks, Task task) throws IOException {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> others = new ArrayList<>();
    for (int worker = 1; worker < Math.min(count, tasks); worker++) {
      int self = worker;
      others.add(
          helpers.submit(() -> {
            drain(next, tasks, task, self);
            return null;
          }));
    }
    try {
      drain(next, tasks, task, 0);
    } finally {
      next.set(tasks);
      for (Future<?> other : others) {
        await(other);
      }
    }
  }

  private static void drain(AtomicInteger next, int tasks, Task task, int worker)
      throws IOException {
    try {
      // The counter stays far from overflow: each thread goes past the end once.
      for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
        task.run(i, worker);
      }
    } finally {
      // After a failure no thread should begin another task.
      next.set(tasks);
    }
  }

  private static void await(Future<?> future) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          switch (e.getCause()) {
            case IOException failure -> throw failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> throw new IllegalStateException(e);
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (interrupted) {
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  public void close() {
    helpers.shutdownNow();
  }
}
