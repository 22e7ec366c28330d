package dev.zonda.cli.options;

import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `--threads N`, for commands that compute. Mix it in with `@Mixin`.
public final class ThreadsOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private OptionalInt threads = OptionalInt.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      order = 800,
      description = "Threads to compute with (default: one per core).")
  void setThreads(int value) {
    if (value < 1 || value > 1024) {
      throw new UsageError(command, "--threads is " + value + ", expected 1 to 1024");
    }
    threads = OptionalInt.of(value);
  }

  public int threads() {
    return threads.orElseGet(() -> Runtime.getRuntime().availableProcessors());
  }

  boolean isGiven() {
    return threads.isPresent();
  }
}
