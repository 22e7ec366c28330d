package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.verify.Divergence;
import dev.zonda.verify.Gates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// The result of `zonda compare`; its JSON is this record.
///
/// @param gates every gate that was set, for every candidate
/// @param passed whether all were kept
record CompareReport(
    String reference, List<Divergence> candidates, List<Gates.Outcome> gates, boolean passed) {

  static CompareReport of(Path reference, List<Divergence> candidates, Gates gates) {
    List<Gates.Outcome> outcomes =
        candidates.stream().flatMap(c -> gates.check(c).stream()).toList();
    boolean passed = outcomes.stream().allMatch(Gates.Outcome::passed);
    return new CompareReport(reference.toString(), candidates, outcomes, passed);
  }

  void print(Console console) {
    Divergence first = candidates.getFirst();
    console.line(
        "Reference %s: perplexity %s"
            .formatted(
                reference, estimate(first.ppl().reference(), first.ppl().referenceError(), 4)));
    console.line(
        "%s tokens scored in %d chunks".formatted(Sizes.exact(first.tokens()), first.chunks()));
    console.gap();
    console.table(statistics());
    if (!gates.isEmpty()) {
      console.gap();
      console.table(gateTable());
    }
  }

  /// One column per candidate.
  private Table statistics() {
    List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.left("")));
    for (Divergence candidate : candidates) {
      columns.add(Table.Column.right(fileName(candidate.model())));
    }
    Table table = Table.of(columns.toArray(Table.Column[]::new));
    row(table, "perplexity", c -> estimate(c.ppl().candidate(), c.ppl().candidateError(), 4));
    row(table, "ratio to reference", c -> estimate(c.ppl().ratio(), c.ppl().ratioError(), 6));
    row(table, "ln of the ratio", c -> estimate(c.ppl().lnRatio(), c.ppl().lnRatioError(), 6));
    row(table, "mean KLD", c -> estimate(c.kld().mean(), c.kld().error(), 6));
    row(table, "KLD maximum", c -> number(c.kld().max(), 6));
    row(table, "KLD 99.9 %", c -> number(c.kld().p999(), 6));
    row(table, "KLD 99 %", c -> number(c.kld().p99(), 6));
    row(table, "KLD 95 %", c -> number(c.kld().p95(), 6));
    row(table, "KLD 90 %", c -> number(c.kld().p90(), 6));
    row(table, "KLD median", c -> number(c.kld().median(), 6));
    row(table, "KLD 10 %", c -> number(c.kld().p10(), 6));
    row(table, "KLD 1 %", c -> number(c.kld().p01(), 6));
    row(table, "KLD minimum", c -> number(c.kld().min(), 6));
    row(table, "Δp mean, %", c -> estimate(c.deltaP().mean(), c.deltaP().error(), 3));
    row(table, "Δp RMS, %", c -> estimate(c.deltaP().rms(), c.deltaP().rmsError(), 3));
    row(table, "Δp 99 %, %", c -> number(c.deltaP().p99(), 3));
    row(table, "Δp median, %", c -> number(c.deltaP().median(), 3));
    row(table, "Δp 1 %, %", c -> number(c.deltaP().p01(), 3));
    row(table, "same top token, %", c -> estimate(c.sameTop(), c.sameTopError(), 3));
    return table;
  }

  private void row(Table table, String label, Function<Divergence, String> value) {
    table.row(
        Stream.concat(Stream.of(label), candidates.stream().map(value)).toArray(String[]::new));
  }

  private Table gateTable() {
    Table table =
        Table.of(
            Table.Column.left("gate"),
            Table.Column.left("candidate"),
            Table.Column.right("limit"),
            Table.Column.right("found"),
            Table.Column.left(""));
    for (Gates.Outcome gate : gates) {
      table.row(
          "--" + gate.gate().replace('_', '-'),
          fileName(gate.candidate()),
          "%.6g".formatted(gate.limit()),
          "%.6g".formatted(gate.found()),
          gate.passed() ? "passed" : "FAILED");
    }
    return table;
  }

  private static String fileName(String model) {
    return Optional.ofNullable(Path.of(model).getFileName()).map(Path::toString).orElse(model);
  }

  private static String estimate(double value, double error, int decimals) {
    return number(value, decimals) + " ± " + number(error, decimals);
  }

  /// Without the sign that rounding leaves before a zero.
  private static String number(double value, int decimals) {
    String text = Sizes.decimals(value, decimals);
    return text.matches("-0\\.0*") ? text.substring(1) : text;
  }
}
