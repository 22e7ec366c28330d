package dev.zonda.cli;

import dev.zonda.verify.ComparisonOptions;
import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.Gate;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What candidates must keep. Mix it in with `@Mixin`.
final class GateOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--gate",
      paramLabel = "GATE",
      order = 10,
      description =
          "What every candidate must keep, such as kld.mean<0.03, ppl.ratio<1.02 or top1>0.9; with"
              + " --baseline also kld.mean<+5%%. Repeatable.")
  private List<Gate> gates = List.of();

  @Option(
      names = "--confidence",
      paramLabel = "P",
      order = 11,
      description = "With which probability the verdicts of all gates are right (default: 0.99).")
  private double confidence = 1 - ComparisonOptions.DEFAULT_ERROR;

  @Option(
      names = "--no-early-stop",
      order = 12,
      description = "Read the whole text, even if all gates are decided.")
  private boolean noEarlyStop;

  @Option(
      names = "--baseline",
      paramLabel = "FILE",
      order = 13,
      description = "What an earlier run found, for gates in percent.")
  private Optional<Path> baseline = Optional.empty();

  Optional<Path> baseline() {
    return baseline;
  }

  /// @param wholeText whether something else needs it
  ComparisonOptions options(Optional<List<Baseline>> baselines, WholeText wholeText) {
    if (!(confidence > 0.5 && confidence < 1)) {
      throw usageError(
          "--confidence is %s, expected more than 0.5, less than 1".formatted(confidence));
    }
    boolean relative = gates.stream().anyMatch(gate -> gate.scale() == Gate.Scale.BASELINE);
    if (relative && baselines.isEmpty()) {
      throw usageError("gates in percent need a baseline: give --baseline FILE");
    }
    return new ComparisonOptions(
        gates,
        1 - confidence,
        noEarlyStop || gates.isEmpty() || wholeText == WholeText.NEEDED
            ? ComparisonOptions.Stop.AT_THE_END
            : ComparisonOptions.Stop.WHEN_DECIDED,
        baselines);
  }

  /// Whether the run may stop before the end of the text.
  enum WholeText {
    NEEDED,
    NOT_NEEDED
  }

  private UsageError usageError(String message) {
    return new UsageError(command, message);
  }
}
