package dev.zonda.cli.reports;

import dev.zonda.cli.render.Sizes;
import dev.zonda.verify.gates.Gate;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Verdict;
import dev.zonda.verify.statistics.ChunkBootstrap;
import dev.zonda.verify.statistics.Interval;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The outcomes of gates, in the cells of tables and in sentences.
final class GateTexts {
  private GateTexts() {}

  /// Gate, candidate, found, interval, chunks, verdict.
  static List<String> row(GateOutcome outcome) {
    return List.of(
        outcome.gate().text(),
        CompareFigures.fileName(outcome.candidate()),
        value(outcome.gate(), outcome.found()),
        interval(outcome).orElse("-"),
        Integer.toString(outcome.chunks()),
        verdict(outcome.verdict()));
  }

  /// Capitals draw the eye to what did not pass.
  private static String verdict(Verdict verdict) {
    return verdict == Verdict.PASSED ? name(verdict) : verdict.name();
  }

  /// `passed`, `failed`, `undecided`.
  static String name(Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  /// A value of the gate's metric, with its unit: shares are in percent wherever people read them.
  static String value(Gate gate, double value) {
    if (gate.metric().isShare()) {
      return CompareFigures.general(100 * value) + " %";
    }
    return CompareFigures.general(value) + (gate.metric().isPercent() ? " %" : "");
  }

  private static Optional<String> interval(GateOutcome outcome) {
    return outcome
        .interval()
        .filter(Interval::bounded)
        .map(range ->
            value(outcome.gate(), range.low()) + " to " + value(outcome.gate(), range.high()));
  }

  /// What was found, in a line.
  static String found(GateOutcome outcome) {
    return "found %s%s, limit %s, after %d chunks"
        .formatted(
            value(outcome.gate(), outcome.found()),
            interval(outcome).map(range -> " (" + range + ")").orElse(""),
            value(outcome.gate(), outcome.limit()),
            outcome.chunks());
  }

  /// Why a gate is undecided, and how much text would do.
  ///
  /// @param context tokens per chunk
  static String doubt(GateOutcome outcome, int context) {
    String start =
        "%s of %s is undecided: "
            .formatted(outcome.gate().text(), CompareFigures.fileName(outcome.candidate()));
    if (outcome.chunks() < ChunkBootstrap.MIN_CHUNKS) {
      return start
          + ("there are %d chunks of %d tokens, and a verdict needs at least %d. Give a text of %s"
                  + " tokens or more, or a smaller --ctx.")
              .formatted(
                  outcome.chunks(),
                  context,
                  ChunkBootstrap.MIN_CHUNKS,
                  Sizes.exact((long) ChunkBootstrap.MIN_CHUNKS * context));
    }
    String why =
        interval(outcome)
            .map(range ->
                "after %d chunks it may be %s, on either side of the limit."
                    .formatted(outcome.chunks(), range))
            .orElse(
                "%d chunks do not show on which side of the limit it lies."
                    .formatted(outcome.chunks()));
    if (outcome.needed().isEmpty()) {
      return start
          + why
          + (" The value found, %s, is so near the limit that no text would decide it: choose"
                  + " another limit.")
              .formatted(value(outcome.gate(), outcome.found()));
    }
    int needed = outcome.needed().getAsInt();
    return start
        + why
        + (" If it stays %s, about %s chunks (%s tokens of text, %s times as many) would decide"
                + " it; or choose a limit further away.")
            .formatted(
                value(outcome.gate(), outcome.found()),
                Sizes.exact(needed),
                Sizes.exact((long) needed * context),
                Sizes.decimals((double) needed / outcome.chunks(), 1));
  }
}
