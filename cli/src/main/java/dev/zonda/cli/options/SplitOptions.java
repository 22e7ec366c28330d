package dev.zonda.cli.options;

import dev.zonda.formats.gguf.SplitLimit;
import dev.zonda.quantize.QuantizationPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// How a model is cut into files while it is written. Mix it in with `@Mixin`.
public final class SplitOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--split-max-tensors",
      paramLabel = "N",
      order = 121,
      description = "Split the output into files with at most N tensors each.")
  private Optional<Integer> maxTensors = Optional.empty();

  @Option(
      names = "--split-max-size",
      paramLabel = "SIZE",
      order = 122,
      description =
          "Split the output into files with at most SIZE bytes of tensors each, for example 500M"
              + " or 2G (G is 1000M).")
  private Optional<ByteCount> maxSize = Optional.empty();

  /// Whether one of the options is given.
  public boolean isGiven() {
    return maxTensors.isPresent() || maxSize.isPresent();
  }

  /// The plan with as many files as the options ask for.
  public QuantizationPlan applied(QuantizationPlan plan) {
    List<SplitLimit> limits = new ArrayList<>();
    maxTensors.ifPresent(count -> limits.add(tensors(count)));
    maxSize.ifPresent(size -> limits.add(new SplitLimit.MostBytes(size.bytes())));
    if (limits.isEmpty()) {
      return plan;
    }
    try {
      return plan.within(limits);
    } catch (IllegalArgumentException e) {
      throw usageError(Optional.ofNullable(e.getMessage()).orElse("cannot be split"));
    }
  }

  private SplitLimit tensors(int count) {
    if (count < 1) {
      throw usageError("--split-max-tensors is " + count + ", expected 1 or more");
    }
    return new SplitLimit.MostTensors(count);
  }

  private UsageError usageError(String message) {
    return new UsageError(command, message);
  }
}
