package dev.zonda.verify.gates;

import dev.zonda.formats.NearestName;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// What a gate can be set on. Each is computed from a mean over tokens, for which there are
/// intervals.
public enum Metric {
  KLD_MEAN("kld.mean", Form.MEAN),
  KLD_MEDIAN("kld.median", 0.5),
  KLD_P90("kld.p90", 0.9),
  KLD_P95("kld.p95", 0.95),
  KLD_P99("kld.p99", 0.99),
  KLD_P999("kld.p999", 0.999),
  REVERSE_KLD_MEAN("reverse_kld.mean", Form.MEAN),
  JS_MEAN("jsd.mean", Form.MEAN),
  PPL_CANDIDATE("ppl.candidate", Form.EXPONENTIAL),
  PPL_RATIO("ppl.ratio", Form.EXPONENTIAL),
  PPL_LN_RATIO("ppl.ln_ratio", Form.MEAN),
  DELTA_P_MEAN("delta_p.mean", Form.MEAN),
  DELTA_P_RMS("delta_p.rms", Form.ROOT),
  TOP1("top1", Form.SHARE),
  TOP5("top5", Form.SHARE),
  TOP10("top10", Form.SHARE);

  /// How a metric is computed from the mean.
  private enum Form {
    /// It is the mean.
    MEAN,
    /// The mean of values from 0 to 1.
    SHARE,
    /// `exp` of the mean.
    EXPONENTIAL,
    /// The root of the mean.
    ROOT,
    /// The value that a share of the tokens does not exceed.
    QUANTILE
  }

  private final String label;
  private final Form form;
  private final double quantile;

  Metric(String label, Form form) {
    this.label = label;
    this.form = form;
    this.quantile = Double.NaN;
  }

  Metric(String label, double quantile) {
    this.label = label;
    this.form = Form.QUANTILE;
    this.quantile = quantile;
  }

  /// Its name in gates, baselines and JSON.
  public String label() {
    return label;
  }

  /// @throws IllegalArgumentException if there is no metric of that name; the message is for the
  ///   user
  public static Metric parse(String label) {
    return named(label)
        .orElseThrow(() -> {
          List<String> labels = Arrays.stream(values()).map(Metric::label).toList();
          return new IllegalArgumentException(
              "'%s' is not a metric%s, expected one of %s"
                  .formatted(
                      label,
                      NearestName.question(NearestName.meant(label, labels)),
                      String.join(", ", labels)));
        });
  }

  public static Optional<Metric> named(String label) {
    return Arrays.stream(values()).filter(metric -> metric.label.equals(label)).findFirst();
  }

  /// The share of tokens below it, if it is a quantile and not a mean.
  public OptionalDouble quantile() {
    return form == Form.QUANTILE ? OptionalDouble.of(quantile) : OptionalDouble.empty();
  }

  /// Whether its unit is percent.
  public boolean isPercent() {
    return this == DELTA_P_MEAN || this == DELTA_P_RMS;
  }

  /// Whether it is the mean of values from 0 to 1.
  public boolean isShare() {
    return form == Form.SHARE;
  }

  /// The metric's value, from the mean.
  public double value(double mean) {
    return switch (form) {
      case MEAN, SHARE, QUANTILE -> mean;
      case EXPONENTIAL -> StrictMath.exp(mean);
      case ROOT -> Math.sqrt(Math.max(0, mean));
    };
  }

  /// The mean that gives a value.
  double mean(double value) {
    return switch (form) {
      case MEAN, SHARE, QUANTILE -> value;
      case EXPONENTIAL -> value > 0 ? StrictMath.log(value) : Double.NEGATIVE_INFINITY;
      case ROOT -> value * Math.abs(value);
    };
  }

  /// The mean at which the value is so many times that of another mean.
  double scaled(double mean, double factor) {
    return switch (form) {
      case MEAN, SHARE, QUANTILE -> mean * factor;
      case EXPONENTIAL -> mean + StrictMath.log(factor);
      case ROOT -> mean * factor * factor;
    };
  }
}
