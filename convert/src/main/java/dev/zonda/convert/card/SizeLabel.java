package dev.zonda.convert.card;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// A number of parameters as people say it: `7B`, `1.3M`, `533K`.
final class SizeLabel {
  private SizeLabel() {}

  static String of(long parameters) {
    if (parameters > 1_000_000_000_000L) {
      return format(parameters * 1e-12, "T");
    }
    if (parameters > 1_000_000_000L) {
      return format(parameters * 1e-9, "B");
    }
    if (parameters > 1_000_000L) {
      return format(parameters * 1e-6, "M");
    }
    return format(parameters * 1e-3, "K");
  }

  /// Two digits at least.
  private static String format(double scaled, String unit) {
    long rounded = (long) Math.rint(scaled);
    int digits = rounded == 0 ? 0 : Long.toString(rounded).length();
    BigDecimal value =
        new BigDecimal(scaled).setScale(Math.max(2 - digits, 0), RoundingMode.HALF_EVEN);
    return value.toPlainString() + unit;
  }
}
