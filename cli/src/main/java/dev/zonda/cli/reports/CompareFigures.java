package dev.zonda.cli.reports;

import dev.zonda.cli.render.Sizes;
import dev.zonda.verify.divergence.Divergence;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// The figures of a comparison as cells of tables, whatever the tables are made of.
public final class CompareFigures {
  private final CompareReport report;
  private final List<List<String>> rows = new ArrayList<>();

  private CompareFigures(CompareReport report) {
    this.report = report;
  }

  /// A label, and a cell for each candidate.
  static List<List<String>> statistics(CompareReport report) {
    CompareFigures figures = new CompareFigures(report);
    figures.addAll();
    return figures.rows;
  }

  private void addAll() {
    row("perplexity", c -> estimate(c.ppl().candidate(), c.ppl().candidateError(), 4));
    row("of the reference", c -> estimate(c.ppl().reference(), c.ppl().referenceError(), 4));
    row("ratio", c -> estimate(c.ppl().ratio(), c.ppl().ratioError(), 6));
    interval("ppl.ratio", 6);
    row("ln of the ratio", c -> estimate(c.ppl().lnRatio(), c.ppl().lnRatioError(), 6));
    row("difference", c -> estimate(c.ppl().difference(), c.ppl().differenceError(), 4));
    row("correlation of ln, %", c -> number(100 * c.ppl().correlation(), 3));
    row("mean KLD", c -> estimate(c.kld().mean(), c.kld().error(), 6));
    interval("kld.mean", 6);
    row("KLD maximum", c -> number(c.kld().max(), 6));
    row("KLD 99.9 %", c -> number(c.kld().p999(), 6));
    row("KLD 99 %", c -> number(c.kld().p99(), 6));
    row("KLD 95 %", c -> number(c.kld().p95(), 6));
    row("KLD 90 %", c -> number(c.kld().p90(), 6));
    row("KLD median", c -> number(c.kld().median(), 6));
    row("KLD 10 %", c -> number(c.kld().p10(), 6));
    row("KLD 5 %", c -> number(c.kld().p05(), 6));
    row("KLD 1 %", c -> number(c.kld().p01(), 6));
    row("KLD 0.1 %", c -> number(c.kld().p001(), 6));
    row("KLD minimum", c -> number(c.kld().min(), 6));
    row("reverse KLD", c -> estimate(c.reverseKld().mean(), c.reverseKld().error(), 6));
    row("Jensen-Shannon", c -> estimate(c.jsd().mean(), c.jsd().error(), 6));
    row("Δp mean, %", c -> estimate(c.deltaP().mean(), c.deltaP().error(), 3));
    row("Δp maximum, %", c -> number(c.deltaP().max(), 3));
    row("Δp 99.9 %, %", c -> number(c.deltaP().p999(), 3));
    row("Δp 99 %, %", c -> number(c.deltaP().p99(), 3));
    row("Δp 95 %, %", c -> number(c.deltaP().p95(), 3));
    row("Δp 90 %, %", c -> number(c.deltaP().p90(), 3));
    row("Δp 75 %, %", c -> number(c.deltaP().p75(), 3));
    row("Δp median, %", c -> number(c.deltaP().median(), 3));
    row("Δp 25 %, %", c -> number(c.deltaP().p25(), 3));
    row("Δp 10 %, %", c -> number(c.deltaP().p10(), 3));
    row("Δp 5 %, %", c -> number(c.deltaP().p05(), 3));
    row("Δp 1 %, %", c -> number(c.deltaP().p01(), 3));
    row("Δp 0.1 %, %", c -> number(c.deltaP().p001(), 3));
    row("Δp minimum, %", c -> number(c.deltaP().min(), 3));
    row("Δp RMS, %", c -> estimate(c.deltaP().rms(), c.deltaP().rmsError(), 3));
    row("same top token, %", c -> estimate(c.sameTop(), c.sameTopError(), 3));
    for (int i = 1; i < report.divergences().getFirst().topK().size(); i++) {
      int place = i;
      row(
          "common of top %d, %%".formatted(report.divergences().getFirst().topK().get(i).k()),
          c -> estimate(100 * c.topK().get(place).overlap(), 100 * c.topK().get(place).error(), 3));
    }
  }

  private void row(String label, Function<Divergence, String> value) {
    rows.add(Stream.concat(Stream.of(label), report.divergences().stream().map(value)).toList());
  }

  private void interval(String metric, int decimals) {
    if (report.divergences().stream().anyMatch(c -> c.intervals().containsKey(metric))) {
      row(
          "  95 % interval",
          c ->
              Optional.ofNullable(c.intervals().get(metric))
                  .map(range ->
                      number(range.low(), decimals) + " to " + number(range.high(), decimals))
                  .orElse("-"));
    }
  }

  static String fileName(String model) {
    return Optional.ofNullable(Path.of(model).getFileName()).map(Path::toString).orElse(model);
  }

  /// A single sample has no error.
  public static String estimate(double value, double error, int decimals) {
    return Double.isNaN(error)
        ? number(value, decimals)
        : number(value, decimals) + " ± " + number(error, decimals);
  }

  /// Without the sign that rounding leaves before a zero.
  static String number(double value, int decimals) {
    if (Double.isNaN(value)) {
      return "-";
    }
    String text = Sizes.decimals(value, decimals);
    return text.matches("-0\\.0*") ? text.substring(1) : text;
  }

  static String general(double value) {
    return Sizes.significant(value, 5);
  }
}
