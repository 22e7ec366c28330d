package dev.zonda.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `--threads N`, for commands that compute. Mix it in with `@Mixin`.
final class ThreadsOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--threads",
      paramLabel = "N",
      order = 800,
      description = "Threads to compute with (default: one per core).")
  void setThreads(int value) {
    if (value < 1 || value > 1024) {
      throw new ParameterException(
          command.commandLine(), "--threads is " + value + ", expected 1 to 1024");
    }
    threads = value;
  }

  int threads() {
    return threads;
  }
}
