package dev.zonda.cli.reports;

import dev.zonda.verify.divergence.Divergence;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Verdict;
import dev.zonda.verify.statistics.Interval;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// `compare --json`. The names of the components are the names in the output, in `snake_case`: do
/// not rename them.
///
/// @param chunks that were read
/// @param ofChunks that the text has
/// @param gates every gate that was set, for every candidate
/// @param verdict of all of them: `passed`, `failed`, `undecided`
/// @param passed whether all were kept
/// @param summary the result in short
public record CompareJson(
    String reference,
    int chunks,
    int ofChunks,
    List<Divergence> candidates,
    List<GateJson> gates,
    String verdict,
    boolean passed,
    Summary summary) {

  /// @param limit in the unit in which the gate speaks of the metric
  /// @param found the candidate's value when the gate was decided, in that unit
  /// @param interval of it, if there is one
  /// @param chunks that were read when the gate was decided
  /// @param neededChunks that would suffice, if the gate is undecided and this can be estimated
  record GateJson(
      String candidate,
      String gate,
      String verdict,
      double limit,
      double found,
      Optional<Interval> interval,
      int chunks,
      OptionalInt neededChunks) {
    private static GateJson of(GateOutcome outcome) {
      return new GateJson(
          outcome.candidate(),
          outcome.gate().text(),
          GateTexts.name(outcome.verdict()),
          outcome.gate().unit().of(outcome.limit()),
          outcome.gate().unit().of(outcome.found()),
          outcome
              .interval()
              .filter(Interval::bounded)
              .map(range -> range.map(outcome.gate().unit()::of)),
          outcome.chunks(),
          outcome.needed());
    }
  }

  /// @param reference its size, if it is a model
  record Summary(Optional<ModelSize> reference, List<CandidateSummary> candidates) {}

  /// @param closeness `same`, `close`, `changed` or `different`
  /// @param usualKld largest mean divergence that quantization to so many bits explains
  /// @param unusual whether it is further away
  record CandidateSummary(
      long bytes, double bitsPerWeight, String closeness, double usualKld, boolean unusual) {
    private static CandidateSummary of(CompareReport.Candidate candidate) {
      return new CandidateSummary(
          candidate.size().bytes(),
          candidate.size().bitsPerWeight(),
          candidate.closeness().name().toLowerCase(Locale.ROOT),
          UsualDivergence.most(candidate.size().bitsPerWeight()),
          candidate.isUnusual());
    }
  }

  public static CompareJson of(CompareReport report) {
    return new CompareJson(
        report.reference(),
        report.chunks(),
        report.ofChunks(),
        report.divergences(),
        report.gates().stream().map(GateJson::of).toList(),
        GateTexts.name(report.verdict()),
        report.verdict() == Verdict.PASSED,
        new Summary(
            report.referenceSize(),
            report.candidates().stream().map(CandidateSummary::of).toList()));
  }
}
