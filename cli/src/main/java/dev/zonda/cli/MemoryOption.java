package dev.zonda.cli;

import dev.zonda.quantize.Resources;
import dev.zonda.quantize.TensorTask;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `--memory SIZE`, for commands that convert tensors. Mix it in with `@Mixin`.
final class MemoryOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      order = 801,
      converter = SizeConverter.class,
      description = "Most memory for the rows in work (default: 64M). The JVM's own comes on top.")
  private long memory = Resources.DEFAULT_MEMORY;

  /// @throws ParameterException if the memory does not suffice for these tasks
  Resources resources(int threads, List<TensorTask> tasks) {
    Resources resources = new Resources(threads, memory);
    long least = resources.shareOf(tasks).leastBytes();
    if (least > memory) {
      throw new ParameterException(
          command.commandLine(),
          "the memory for rows in work is %d bytes, and the longest rows need %d: give --memory %dM"
              .formatted(memory, least, Math.ceilDiv(least, 1_000_000)));
    }
    return resources;
  }
}
