package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.Resources;
import dev.zonda.quantize.TensorTask;
import dev.zonda.quantize.imatrix.ZeroColumns;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// What a quantization did or would do: the JSON of `quantize`, and its text.
///
/// @param output the file, or the first of several
/// @param files how many there are
/// @param bytes size of all
/// @param bitsPerWeight of all tensors together
/// @param tensors in file order
/// @param fallbacks number of tensors that got another type because of their shape
/// @param zeroColumns columns that the importance matrix has no weight for
/// @param threads that convert, at most
/// @param memoryBytes of their buffers together
/// @param seconds that it took; empty if it was only planned
public record QuantizationReport(
    String output,
    int files,
    long bytes,
    double bitsPerWeight,
    List<TensorRow> tensors,
    int fallbacks,
    List<ZeroColumns> zeroColumns,
    int threads,
    long memoryBytes,
    Optional<Double> seconds) {

  /// @param sourceType type in the input
  /// @param type type in the output
  /// @param bytes size in the output
  /// @param bitsPerWeight in the output
  record TensorRow(
      String name,
      List<Long> shape,
      TensorType sourceType,
      TensorType type,
      long bytes,
      double bitsPerWeight) {}

  public static QuantizationReport planned(
      Path target, QuantizationPlan plan, Resources resources) {
    return of(target, plan, resources, Optional.empty());
  }

  public static QuantizationReport done(
      Path target, QuantizationPlan plan, Resources resources, Duration elapsed) {
    return of(target, plan, resources, Optional.of(elapsed.toMillis() / 1000.0));
  }

  private static QuantizationReport of(
      Path target, QuantizationPlan plan, Resources resources, Optional<Double> seconds) {
    Resources.Share share = resources.shareOf(plan.tasks());
    return new QuantizationReport(
        target.toString(),
        plan.files().parts().size(),
        plan.files().fileSet().bytes(),
        8.0 * plan.targetBytes() / Math.max(1, plan.elements()),
        plan.tasks().stream().map(QuantizationReport::row).toList(),
        plan.fallbacks().size(),
        plan.lost(),
        share.workers(),
        share.bytes(),
        seconds);
  }

  private static TensorRow row(TensorTask task) {
    return new TensorRow(
        task.target().name(),
        LongStream.of(task.target().shape().toArray()).boxed().toList(),
        task.source().type(),
        task.target().type(),
        task.target().bytes(),
        bitsPerWeight(task));
  }

  private static double bitsPerWeight(TensorTask task) {
    return 8.0 * task.target().bytes() / Math.max(1, task.target().shape().elements());
  }

  /// Warns of what the plan cannot do as it was asked to.
  public static void warn(QuantizationPlan plan, Console console) {
    plan.unknownArchitecture()
        .ifPresent(architecture ->
            console.note(
                "'%s' is an architecture that llama.cpp does not know: the general rules apply"
                    .formatted(architecture)));
    plan.idle().forEach(console::warning);
    if (!plan.fallbacks().isEmpty()) {
      console.warning(
          "%d of %d tensors get another type, because their rows are not a whole number of blocks"
              .formatted(plan.fallbacks().size(), plan.tasks().size()));
    }
    for (QuantizationPlan.Fallback fallback : plan.fallbacks()) {
      console.detail(
          fallback.tensor() + ": " + fallback.chosen() + " instead of " + fallback.wanted());
    }
    if (!plan.unweighted().isEmpty()) {
      console.warning(
          "the importance matrix has no weights for %d tensors, for example '%s'"
              .formatted(plan.unweighted().size(), plan.unweighted().getFirst()));
    }
    ZeroColumnWarnings.print(
        plan.lost(),
        "have the weight 0 in the importance matrix",
        "errors in columns with weight 0 do not count, so most types turn groups of them into"
            + " zeros, as in llama-quantize: give --fill-zero-weights to replace the weight by 1",
        console);
  }

  /// The plan as a table, or a line about the file that was written.
  public void print(QuantizationPlan plan, Console console) {
    if (seconds.isEmpty()) {
      console.table(table(plan));
      console.gap();
    }
    console.line(
        "%s %s%s: %s, %s bits per weight (before: %s, %s)%s"
            .formatted(
                seconds.isEmpty() ? "would write" : "wrote",
                output,
                files > 1 ? " and %d more".formatted(files - 1) : "",
                Sizes.bytes(bytes),
                Sizes.decimals(bitsPerWeight, 2),
                Sizes.bytes(plan.sourceBytes()),
                Sizes.decimals(8.0 * plan.sourceBytes() / Math.max(1, plan.elements()), 2),
                seconds.map(s -> ", in " + Sizes.decimals(s, 1) + " s").orElse("")));
    console.line("tensors: " + countsByType(plan));
    if (seconds.isEmpty()) {
      console.line(
          "memory: %s for the rows in work on %d %s"
              .formatted(Sizes.bytes(memoryBytes), threads, threads == 1 ? "thread" : "threads"));
    }
  }

  private static Table table(QuantizationPlan plan) {
    Table table =
        Table.of(
            Column.left("tensor"),
            Column.left("shape"),
            Column.left("from"),
            Column.left("to"),
            Column.right("bits"),
            Column.right("size"));
    for (TensorTask task : plan.tasks()) {
      table.row(
          task.target().name(),
          task.target().shape().toString(),
          task.source().type().name(),
          task.isCopy() ? "as it is" : task.target().type().name(),
          Sizes.decimals(bitsPerWeight(task), 2),
          Sizes.bytes(task.target().bytes()));
    }
    return table;
  }

  private static String countsByType(QuantizationPlan plan) {
    Map<TensorType, Long> counts =
        plan.tasks().stream()
            .collect(
                Collectors.groupingBy(
                    task -> task.target().type(), TreeMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
