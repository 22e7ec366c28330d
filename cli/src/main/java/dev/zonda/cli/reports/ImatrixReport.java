package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.quantize.imatrix.ImatrixStatistics;
import dev.zonda.quantize.imatrix.ZeroColumns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The result of `zonda imatrix`; its JSON is this record.
///
/// @param datasets the texts that were measured
/// @param withoutData experts that no token has chosen
/// @param zeroColumns columns that met nothing but zeros
public record ImatrixReport(
    Optional<String> output,
    List<String> datasets,
    long chunks,
    int chunkSize,
    List<Entry> tensors,
    List<MissingExperts> withoutData,
    List<ZeroColumns> zeroColumns,
    Optional<ImatrixStatistics> statistics) {

  /// @param columns sums of each matrix
  /// @param counts tokens that were summed up, of each expert where there are some
  record Entry(String tensor, int columns, List<Long> counts) {}

  /// @param experts their numbers, from 0
  record MissingExperts(String tensor, int of, List<Integer> experts) {}

  public static ImatrixReport of(
      Optional<Path> output, ActivationSums sums, Optional<ImatrixStatistics> statistics) {
    List<Entry> tensors = new ArrayList<>();
    List<MissingExperts> missing = new ArrayList<>();
    List<ZeroColumns> zeros = new ArrayList<>();
    sums.entries()
        .forEach((name, entry) -> {
          List<Long> counts = Arrays.stream(entry.counts()).boxed().toList();
          tensors.add(new Entry(name, entry.sumsPerCount(), counts));
          if (!entry.withoutData().isEmpty()) {
            missing.add(new MissingExperts(name, counts.size(), entry.withoutData()));
          }
          zeros.addAll(entry.zeroColumns(name));
        });
    return new ImatrixReport(
        output.map(Path::toString),
        sums.datasets(),
        sums.chunks(),
        sums.chunkSize(),
        tensors,
        missing,
        zeros,
        statistics);
  }

  public void warn(Console console) {
    for (MissingExperts tensor : withoutData) {
      console.warning(
          ("%s: no token of the text reached %s of %d, so quantization will weight all columns"
                  + " there alike")
              .formatted(
                  tensor.tensor(),
                  tensor.experts().stream()
                      .map(expert -> "expert " + expert)
                      .collect(Collectors.joining(", ")),
                  tensor.of()));
    }
    ZeroColumnWarnings.print(
        zeroColumns,
        "met only zeros in the text",
        "most types turn groups of such columns into zeros: measure a longer text, or quantize with"
            + " --fill-zero-weights",
        console);
  }

  public void print(Console console) {
    Table table = Table.ofPairs();
    output.ifPresent(file -> table.row("output", file));
    table.row("tensors", Sizes.exact(tensors.size()));
    table.row("chunks", "%d of %d tokens".formatted(chunks, chunkSize));
    table.row("texts", String.join(", ", datasets));
    tensors.stream()
        .flatMap(tensor -> tensor.counts().size() > 1 ? tensor.counts().stream() : null)
        .min(Long::compare)
        .ifPresent(least -> table.row("least used expert", Sizes.exact(least) + " tokens"));
    console.table(table);
    statistics.ifPresent(found -> {
      console.gap();
      console.table(tensorTable(found));
      console.gap();
      console.table(layerTable(found));
    });
  }

  private static Table tensorTable(ImatrixStatistics statistics) {
    Table table =
        Table.of(
            Table.Column.right("layer"),
            Table.Column.left("tensor"),
            Table.Column.right("Σ(Act²)"),
            Table.Column.right("min"),
            Table.Column.right("max"),
            Table.Column.right("μ"),
            Table.Column.right("σ"),
            Table.Column.right("active"),
            Table.Column.right("N"),
            Table.Column.right("entropy"),
            Table.Column.right("E (norm)"),
            Table.Column.right("ZD"),
            Table.Column.right("CosSim"));
    for (ImatrixStatistics.OfTensor tensor : statistics.tensors()) {
      table.row(
          tensor.layer().isPresent() ? "" + tensor.layer().getAsInt() : "-",
          tensor.kind(),
          Sizes.decimals(tensor.total(), 2),
          Sizes.decimals(tensor.min(), 4),
          Sizes.decimals(tensor.max(), 4),
          Sizes.decimals(tensor.mean(), 2),
          Sizes.decimals(tensor.deviation(), 2),
          percent(tensor.active()),
          "" + tensor.columns(),
          Sizes.decimals(tensor.entropy(), 4),
          percent(tensor.evenness()),
          percent(tensor.outliers()),
          tensor.similarity().map(value -> Sizes.decimals(value, 4)).orElse("-"));
    }
    return table;
  }

  private static Table layerTable(ImatrixStatistics statistics) {
    Table table =
        Table.of(
            Table.Column.right("layer"),
            Table.Column.right("μΣ(Act²)"),
            Table.Column.right("μZD"),
            Table.Column.right("μCosSim"));
    for (ImatrixStatistics.OfLayer layer : statistics.layers()) {
      table.row(
          "" + layer.layer(),
          Sizes.decimals(layer.total(), 2),
          Sizes.decimals(100 * layer.outliers(), 4) + " %",
          Sizes.decimals(layer.similarity(), 4));
    }
    return table;
  }

  private static String percent(double share) {
    return Sizes.decimals(100 * share, 2) + " %";
  }
}
