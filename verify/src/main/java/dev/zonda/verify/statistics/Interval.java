package dev.zonda.verify.statistics;

import java.util.function.DoubleUnaryOperator;

/// The range in which a value may lie.
///
/// @param low not above `high`; may be infinite, as may `high`
public record Interval(double low, double high) {
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("from " + low + " to " + high);
    }
  }

  /// The smallest interval that holds both.
  public Interval hull(Interval other) {
    return new Interval(Math.min(low, other.low), Math.max(high, other.high));
  }

  /// @param increasing function of the value
  public Interval map(DoubleUnaryOperator increasing) {
    return new Interval(increasing.applyAsDouble(low), increasing.applyAsDouble(high));
  }

  public boolean bounded() {
    return Double.isFinite(low) && Double.isFinite(high);
  }
}
