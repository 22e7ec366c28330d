package dev.zonda.verify.gates;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A limit that a candidate must keep: `kld.mean<0.03`, or relative to a baseline, `kld.mean<+5%`.
/// A limit that is met exactly is kept.
///
/// @param text as it was written
/// @param limit a value, or with a baseline the change that is allowed: 0.05 for 5 %
public record Gate(String text, Metric metric, Relation relation, Scale scale, double limit) {
  /// On which side of the limit values are kept.
  public enum Relation {
    BELOW,
    ABOVE
  }

  /// What the limit counts from.
  public enum Scale {
    ABSOLUTE,
    BASELINE
  }

  private static final Pattern FORM =
      Pattern.compile("\\s*([a-z0-9_.]+)\\s*(<|<=|>|>=)\\s*([-+0-9.eE]+)\\s*(%?)\\s*");

  /// @throws IllegalArgumentException if that is no gate; the message is for the user
  public static Gate parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no gate, expected for example kld.mean<0.03 or top1>0.9".formatted(text));
    }
    Metric metric = Metric.parse(matcher.group(1));
    double number = number(matcher.group(3), text);
    Relation relation = matcher.group(2).startsWith("<") ? Relation.BELOW : Relation.ABOVE;
    if (matcher.group(4).isEmpty()) {
      if (metric.isShare() && (number < 0 || number > 1)) {
        throw new IllegalArgumentException(
            "'%s': a share is from 0 to 1, for example %s>0.9".formatted(text, metric.label()));
      }
      return new Gate(text.strip(), metric, relation, Scale.ABSOLUTE, number);
    }
    if (metric.quantile().isPresent()) {
      throw new IllegalArgumentException(
          "'%s': a quantile cannot be compared with a baseline's".formatted(text));
    }
    if (!(number > -100)) {
      throw new IllegalArgumentException("'%s' allows nothing".formatted(text));
    }
    return new Gate(text.strip(), metric, relation, Scale.BASELINE, number / 100);
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
    throw new IllegalArgumentException("'%s': '%s' is no number".formatted(text, digits));
  }
}
