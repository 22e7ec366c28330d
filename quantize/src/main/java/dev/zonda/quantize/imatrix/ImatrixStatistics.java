package dev.zonda.quantize.imatrix;

import dev.zonda.quantize.imatrix.ActivationSums.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What llama-imatrix's `--show-statistics` says of a matrix: the mean squares of each tensor's
/// columns. Experts without data do not count.
///
/// @param tensors by kind of tensor, and within it by falling total
/// @param layers averages over the tensors of each layer, weighted with their columns
public record ImatrixStatistics(List<OfTensor> tensors, List<OfLayer> layers) {
  private static final Pattern LAYER = Pattern.compile("(?:^|\\.)blk\\.(\\d{1,6})\\.");

  /// A column with less than this is not active.
  private static final float INACTIVE = 1e-5f;

  /// The columns of one tensor.
  ///
  /// @param layer if it belongs to one
  /// @param kind its name without the layer's: `ffn_down`
  /// @param total sum over the columns
  /// @param deviation standard deviation over the columns
  /// @param active share of columns that are active, 0 to 1
  /// @param entropy of the columns' shares of the total, in bits; `evenness` is its share of the
  ///   largest possible one, 0 to 1
  /// @param outliers share of columns more than one deviation above the mean, 0 to 1
  /// @param similarity cosine with the same tensor of the layer before, where there is one
  public record OfTensor(
      String tensor,
      OptionalInt layer,
      String kind,
      double total,
      double min,
      double max,
      double mean,
      double deviation,
      double active,
      int columns,
      double entropy,
      double evenness,
      double outliers,
      Optional<Double> similarity) {}

  /// @param total, outliers, similarity averages; a tensor without similarity counts as 0
  public record OfLayer(int layer, double total, double outliers, double similarity) {}

  public static ImatrixStatistics of(ActivationSums sums) {
    List<OfTensor> tensors = new ArrayList<>();
    sums.entries()
        .forEach((name, entry) -> {
          float[] means = means(entry);
          if (means.length > 0) {
            tensors.add(tensor(name, means, similarity(name, sums.entries())));
          }
        });
    tensors.sort(
        Comparator.comparing(OfTensor::kind)
            .thenComparing(Comparator.comparingDouble(OfTensor::total).reversed()));
    return new ImatrixStatistics(List.copyOf(tensors), layers(tensors));
  }

  private static float[] means(Entry entry) {
    int columns = entry.sumsPerCount();
    float[] means = new float[(entry.counts().length - entry.withoutData().size()) * columns];
    int next = 0;
    for (int i = 0; i < entry.sums().length; i++) {
      long count = entry.counts()[i / columns];
      if (count > 0) {
        means[next++] = entry.sums()[i] / count;
      }
    }
    return means;
  }

  private static OfTensor tensor(String name, float[] means, Optional<Double> similarity) {
    double total = 0;
    double squares = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = 0;
    int active = 0;
    for (float value : means) {
      total += value;
      squares += (double) value * value;
      min = Math.min(min, value);
      max = Math.max(max, value);
      active += value > INACTIVE ? 1 : 0;
    }
    double mean = total / means.length;
    double deviation = Math.sqrt(Math.max(0, squares / means.length - mean * mean));
    double entropy = 0;
    int outliers = 0;
    for (float value : means) {
      double share = value / total;
      entropy -= share > 0 ? share * Math.log(share) / Math.log(2) : 0;
      outliers += deviation > 0 && value > mean + deviation ? 1 : 0;
    }
    double largestEntropy = Math.log(means.length) / Math.log(2);
    return new OfTensor(
        name,
        layer(name),
        kind(name),
        total,
        min,
        max,
        mean,
        deviation,
        (double) active / means.length,
        means.length,
        entropy,
        largestEntropy > 0 ? entropy / largestEntropy : 0,
        (double) outliers / means.length,
        similarity);
  }

  private static OptionalInt layer(String name) {
    Matcher matcher = LAYER.matcher(name);
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  private static String kind(String name) {
    String[] parts = name.split("\\.", -1);
    for (int i = 1; i < parts.length; i++) {
      if (parts[i].equals("weight")) {
        return parts[i - 1];
      }
    }
    return name;
  }

  private static Optional<Double> similarity(String name, SequencedMap<String, Entry> entries) {
    Matcher matcher = LAYER.matcher(name);
    if (!matcher.find()) {
      return Optional.empty();
    }
    int before = Integer.parseInt(matcher.group(1)) - 1;
    String previous = name.substring(0, matcher.start(1)) + before + name.substring(matcher.end(1));
    return Optional.ofNullable(entries.get(previous))
        .filter(entry -> entry.sums().length == entries.get(name).sums().length)
        .map(entry -> cosine(entries.get(name).sums(), entry.sums()));
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    double norms = Math.sqrt(squaresA) * Math.sqrt(squaresB);
    return norms > 0 ? product / norms : 0;
  }

  private static List<OfLayer> layers(List<OfTensor> tensors) {
    Map<Integer, List<OfTensor>> byLayer = new TreeMap<>();
    for (OfTensor tensor : tensors) {
      tensor
          .layer()
          .ifPresent(layer -> byLayer.computeIfAbsent(layer, _ -> new ArrayList<>()).add(tensor));
    }
    List<OfLayer> layers = new ArrayList<>();
    byLayer.forEach((layer, own) ->
        layers.add(
            new OfLayer(
                layer,
                average(own, OfTensor::total),
                average(own, OfTensor::outliers),
                average(own, tensor -> tensor.similarity().orElse(0.0)))));
    return List.copyOf(layers);
  }

  private static double average(List<OfTensor> tensors, ToDoubleFunction<OfTensor> value) {
    double sum = 0;
    long columns = 0;
    for (OfTensor tensor : tensors) {
      sum += tensor.columns() * value.applyAsDouble(tensor);
      columns += tensor.columns();
    }
    return sum / columns;
  }
}
