package dev.zonda.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/// Limits that a candidate must keep.
///
/// @param maxKld of the mean divergence, in nats
/// @param maxPplIncrease of the perplexity over the reference's, in percent
/// @param minSameTop share of positions with the same most probable token, in percent
public record Gates(
    OptionalDouble maxKld, OptionalDouble maxPplIncrease, OptionalDouble minSameTop) {

  /// What came of one gate.
  ///
  /// @param candidate the model
  /// @param gate its name, for example `max_kld`
  /// @param limit that was set
  /// @param found of the candidate
  public record Outcome(
      String candidate, String gate, double limit, double found, boolean passed) {}

  /// Every gate that is set, for one candidate.
  public List<Outcome> check(Divergence divergence) {
    List<Outcome> outcomes = new ArrayList<>();
    maxKld.ifPresent(
        limit -> outcomes.add(atMost("max_kld", limit, divergence.kld().mean(), divergence)));
    maxPplIncrease.ifPresent(limit -> {
      double increase = 100 * (divergence.ppl().ratio() - 1);
      outcomes.add(atMost("max_ppl_increase", limit, increase, divergence));
    });
    minSameTop.ifPresent(limit -> {
      double found = divergence.sameTop();
      outcomes.add(new Outcome(divergence.model(), "min_same_top", limit, found, found >= limit));
    });
    return outcomes;
  }

  private static Outcome atMost(String gate, double limit, double found, Divergence divergence) {
    return new Outcome(divergence.model(), gate, limit, found, found <= limit);
  }
}
