package dev.zonda.cli.options;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.divergence.ComparisonOptions;
import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.Gate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Limits that candidates must keep. Mix it in with `@Mixin`.
public final class GateOptions {
  private static final int MOST_BYTES = 1 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--gate",
      paramLabel = "GATE",
      order = 10,
      description =
          "A limit that every candidate must keep, such as kld.mean<0.03, ppl.ratio<1.02 or"
              + " top1>90%%; with --baseline also kld.mean<+5%%. May be repeated.")
  private List<Gate> gates = List.of();

  @Option(
      names = "--gates",
      paramLabel = "FILE",
      order = 10,
      description = "Read gates from a file, one per line; # begins a comment (-: standard input).")
  private Optional<Path> gatesFile = Optional.empty();

  @Option(
      names = "--confidence",
      paramLabel = "P",
      order = 11,
      description = "Probability that the verdicts on all gates are right (default: 0.99).")
  private Optional<Double> confidence = Optional.empty();

  @Option(
      names = "--no-early-stop",
      order = 12,
      description = "Read the whole text, even if all gates are decided.")
  private boolean noEarlyStop;

  @Option(
      names = "--baseline",
      paramLabel = "FILE",
      order = 13,
      description = "The results of an earlier run, for gates in percent with a sign.")
  private Optional<Path> baseline = Optional.empty();

  @Option(
      names = "--other-candidates",
      order = 13,
      description = "Accept a baseline of other candidates, for example of an older recipe.")
  private boolean otherCandidates;

  /// All gates, of the command line and the file.
  private List<Gate> all = List.of();

  public Optional<Path> baseline() {
    return baseline;
  }

  /// The files that are read.
  public List<Path> texts() {
    return Stream.of(gatesFile, baseline).flatMap(Optional::stream).toList();
  }

  /// Which candidates the baseline may be of.
  public Candidates candidates() {
    return otherCandidates ? Candidates.ANY : Candidates.THE_SAME;
  }

  public boolean isGiven() {
    return !all.isEmpty();
  }

  /// Reads the gates, and fails if they or the options about them make no sense.
  public void read() throws IOException {
    List<Gate> given = new ArrayList<>(gates);
    if (gatesFile.isPresent()) {
      given.addAll(read(gatesFile.get()));
    }
    all = List.copyOf(given);
    if (confidence.isPresent() && !(confidence.get() > 0.5 && confidence.get() < 1)) {
      throw usageError(
          "--confidence is %s, expected more than 0.5 and less than 1".formatted(confidence.get()));
    }
    if (all.isEmpty() && (confidence.isPresent() || noEarlyStop)) {
      throw usageError(
          (noEarlyStop ? "--no-early-stop" : "--confidence")
              + " has no effect without a gate: give --gate GATE");
    }
    boolean isRelative = all.stream().anyMatch(gate -> gate.scale() == Gate.Scale.BASELINE);
    if (isRelative && baseline.isEmpty()) {
      throw usageError("gates in percent with a sign need a baseline: give --baseline FILE");
    }
    if (!isRelative && baseline.isPresent()) {
      throw usageError(
          "--baseline has no effect without a gate in percent with a sign: give one, such as"
              + " --gate 'kld.mean<+5%'");
    }
    if (otherCandidates && baseline.isEmpty()) {
      throw usageError("--other-candidates has no effect without a baseline: give --baseline FILE");
    }
  }

  private static List<Gate> read(Path file) throws IOException {
    List<Gate> gates = new ArrayList<>();
    int number = 0;
    for (String line : TextFile.read(file, MOST_BYTES).split("\\R", -1)) {
      number++;
      String text = line.replaceFirst("#.*", "").strip();
      if (!text.isEmpty()) {
        try {
          gates.add(Gate.parse(text));
        } catch (IllegalArgumentException e) {
          throw FormatException.in(
              TextFile.named(file), "line %d: %s".formatted(number, e.getMessage()), e);
        }
      }
    }
    if (gates.isEmpty()) {
      throw FormatException.in(TextFile.named(file), "holds no gate, expected one per line");
    }
    return gates;
  }

  /// @param wholeText whether something else needs it
  public ComparisonOptions options(Optional<List<Baseline>> baselines, WholeText wholeText) {
    return new ComparisonOptions(
        all,
        confidence.map(probability -> 1 - probability).orElse(ComparisonOptions.DEFAULT_ERROR),
        noEarlyStop || all.isEmpty() || wholeText == WholeText.NEEDED
            ? ComparisonOptions.Stop.AT_THE_END
            : ComparisonOptions.Stop.WHEN_DECIDED,
        baselines);
  }

  /// Which candidates a baseline may be of.
  public enum Candidates {
    /// The candidates that are compared now, as sizes and headers identify them.
    THE_SAME,
    /// Any others, if there are as many.
    ANY
  }

  /// Whether the run may stop before the end of the text.
  public enum WholeText {
    NEEDED,
    NOT_NEEDED
  }

  private UsageError usageError(String message) {
    return new UsageError(command, message);
  }
}
