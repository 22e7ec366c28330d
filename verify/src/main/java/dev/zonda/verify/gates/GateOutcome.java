package dev.zonda.verify.gates;

import dev.zonda.verify.statistics.Interval;
import java.util.Optional;
import java.util.OptionalInt;

/// What came of one gate for one candidate.
///
/// @param candidate the model
/// @param limit in the metric's unit, whatever it was relative to
/// @param found the metric over the chunks that were read when the verdict fell
/// @param interval of it, as wide as the verdict demands; none for quantiles, and where there are
///   too few chunks for one
/// @param chunks that were read by then
/// @param needed chunks that a text would have to have for a verdict, about, if the metric stays
///   what was found; none where a verdict has fallen, and where no text would do
public record GateOutcome(
    String candidate,
    Gate gate,
    Verdict verdict,
    double limit,
    double found,
    Optional<Interval> interval,
    int chunks,
    OptionalInt needed) {}
