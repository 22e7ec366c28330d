package dev.zonda.verify.gates;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A limit that a candidate must keep: `kld.mean<0.03`, `top1>90%`, or relative to a baseline,
/// `kld.mean<+5%`. A limit that is met exactly is kept.
///
/// @param text as it was written
/// @param limit in the metric's own unit, or with a baseline the change that is allowed: 0.05 for 5
///   %
/// @param unit in which the text speaks of the metric's values
public record Gate(
    String text, Metric metric, Relation relation, Scale scale, double limit, Unit unit) {
  /// On which side of the limit values are kept.
  public enum Relation {
    BELOW,
    ABOVE
  }

  /// What the limit is relative to.
  public enum Scale {
    ABSOLUTE,
    BASELINE
  }

  /// The unit of values in texts, which may not be the unit that the metric computes with.
  public enum Unit {
    /// In the metric's own unit.
    OWN(1),
    /// Shares in percent.
    PERCENT_OF_SHARE(100);

    private final double factor;

    Unit(double factor) {
      this.factor = factor;
    }

    /// A value of the metric in this unit.
    public double of(double value) {
      return factor * value;
    }
  }

  /// The name that the share of equal first choices has among the statistics, where it is in
  /// percent.
  private static final String SAME_TOP = "same_top";

  private static final Pattern FORM =
      Pattern.compile("\\s*([A-Za-z0-9_.]+)\\s*(<|<=|>|>=)\\s*([-+0-9.eE]+)\\s*(%?)\\s*");

  /// @throws IllegalArgumentException if that is not a gate; the message is for the user
  public static Gate parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'%s' is not a gate, expected for example kld.mean<0.03 or top1>90%%".formatted(text));
    }
    Unit unit = matcher.group(1).equals(SAME_TOP) ? Unit.PERCENT_OF_SHARE : Unit.OWN;
    Metric metric = unit == Unit.PERCENT_OF_SHARE ? Metric.TOP1 : Metric.parse(matcher.group(1));
    String digits = matcher.group(3);
    double number = number(digits, text);
    boolean isPercent = !matcher.group(4).isEmpty();
    boolean isSigned = digits.startsWith("+") || digits.startsWith("-");
    Relation relation = matcher.group(2).startsWith("<") ? Relation.BELOW : Relation.ABOVE;
    if (isPercent && isSigned) {
      return new Gate(
          text.strip(), metric, relation, Scale.BASELINE, change(metric, number, text), unit);
    }
    double limit = metric.isShare() ? share(metric, unit, number, isPercent, text) : number;
    if (isPercent && !metric.isShare() && !metric.isPercent()) {
      throw new IllegalArgumentException(
          ("'%s': %s is not in percent; write a sign for a change from the baseline's value, for"
                  + " example %s%s+%s%%")
              .formatted(text, metric.label(), metric.label(), matcher.group(2), digits));
    }
    return new Gate(text.strip(), metric, relation, Scale.ABSOLUTE, limit, unit);
  }

  /// The change that is allowed from the baseline's value.
  private static double change(Metric metric, double percent, String text) {
    if (metric.quantile().isPresent()) {
      throw new IllegalArgumentException(
          "'%s': a quantile cannot be relative to a baseline".formatted(text));
    }
    if (!(percent > -100)) {
      throw new IllegalArgumentException(
          "'%s': a change is expected to be more than -100 %%".formatted(text));
    }
    return percent / 100;
  }

  private static double share(
      Metric metric, Unit unit, double number, boolean isPercent, String text) {
    if (unit == Unit.PERCENT_OF_SHARE && !isPercent && number > 0 && number <= 1) {
      throw new IllegalArgumentException(
          "'%s': %s is in percent: write %s for %s %%, or give a share with top1"
              .formatted(text, SAME_TOP, percent(100 * number), percent(100 * number)));
    }
    double share = isPercent || unit == Unit.PERCENT_OF_SHARE ? number / 100 : number;
    if (share < 0 || share > 1) {
      throw new IllegalArgumentException(
          unit == Unit.OWN && !isPercent
              ? "'%s': a share is from 0 to 1, or in percent with %%: for example %s>0.9 or %s>90%%"
                  .formatted(text, metric.label(), metric.label())
              : "'%s': the limit is expected to be from 0 to 100 %%".formatted(text));
    }
    return share;
  }

  private static String percent(double number) {
    return Double.toString(number).replaceFirst("\\.0$", "");
  }

  private static double number(String digits, String text) {
    try {
      double number = Double.parseDouble(digits);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Falls through to the message.
    }
    throw new IllegalArgumentException("'%s': '%s' is not a number".formatted(text, digits));
  }
}
