package dev.zonda.verify.divergence;

import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.Gate;
import java.util.List;
import java.util.Optional;

/// What a comparison is to decide, and when it may stop.
///
/// @param gates limits for every candidate
/// @param error probability with which any of the gates may get a wrong verdict
/// @param stop when to stop
/// @param baselines one per candidate, for gates that are relative to them
public record ComparisonOptions(
    List<Gate> gates, double error, Stop stop, Optional<List<Baseline>> baselines) {
  /// When to stop.
  public enum Stop {
    /// As soon as all gates are decided.
    WHEN_DECIDED,
    /// At the end of the text.
    AT_THE_END
  }

  /// One per cent: of a hundred runs that could go either way, one goes the wrong way.
  public static final double DEFAULT_ERROR = 0.01;

  /// No gates: the whole text.
  public static final ComparisonOptions NONE =
      new ComparisonOptions(List.of(), DEFAULT_ERROR, Stop.AT_THE_END, Optional.empty());

  public ComparisonOptions {
    gates = List.copyOf(gates);
  }
}
