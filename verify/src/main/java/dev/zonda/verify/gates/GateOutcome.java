package dev.zonda.verify.gates;

import dev.zonda.verify.statistics.Interval;
import java.util.Optional;
import java.util.OptionalInt;

/// The outcome of one gate for one candidate.
///
/// @param candidate the model
/// @param limit in the metric's unit, even if it was relative to a baseline
/// @param found the metric over the chunks read when the gate was decided
/// @param interval of that value, as wide as the verdict demands; none for quantiles, and if there
///   are too few chunks
/// @param chunks that were read by then
/// @param needed about how many chunks a text must have for a verdict, if the metric stays as
///   found; none if there is a verdict, or if no text would suffice
public record GateOutcome(
    String candidate,
    Gate gate,
    Verdict verdict,
    double limit,
    double found,
    Optional<Interval> interval,
    int chunks,
    OptionalInt needed) {}
