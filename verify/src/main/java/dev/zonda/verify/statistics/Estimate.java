package dev.zonda.verify.statistics;

/// A mean and its standard error.
public record Estimate(double value, double error) {
  /// The mean of samples, and its error from their variance: `sqrt((mean(x²) - mean(x)²) / (n -
  /// 1))` as `llama-perplexity` computes it, in an order that does not lose the difference.
  public static Estimate ofMean(double[] samples) {
    double mean = mean(samples);
    return new Estimate(mean, Math.sqrt(covarianceOfMeans(samples, samples)));
  }

  public static double mean(double[] samples) {
    double sum = 0;
    for (double sample : samples) {
      sum += sample;
    }
    return sum / samples.length;
  }

  /// Covariance of the means of two paired samples.
  public static double covarianceOfMeans(double[] a, double[] b) {
    double meanA = mean(a);
    double meanB = mean(b);
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - meanA) * (b[i] - meanB);
    }
    return sum / a.length / (a.length - 1);
  }
}
