package dev.zonda.cli.options;

import dev.zonda.quantize.Resources;
import dev.zonda.quantize.TensorTask;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `--memory SIZE`, for commands that convert tensors. Mix it in with `@Mixin`.
public final class MemoryOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      order = 801,
      description =
          "Memory limit for rows in work (default: 64M). The JVM's own memory comes on top.")
  private ByteCount memory = new ByteCount(Resources.DEFAULT_MEMORY);

  /// @throws UsageError if the memory does not suffice for these tasks
  public Resources resources(int threads, List<TensorTask> tasks) {
    Resources resources = new Resources(threads, memory.bytes());
    long least = resources.shareOf(tasks).leastBytes();
    if (least > memory.bytes()) {
      throw new UsageError(
          command,
          ("the memory limit for rows in work is %d bytes, but the longest rows need %d: give"
                  + " --memory %dM")
              .formatted(memory.bytes(), least, Math.ceilDiv(least, 1_000_000)));
    }
    return resources;
  }
}
