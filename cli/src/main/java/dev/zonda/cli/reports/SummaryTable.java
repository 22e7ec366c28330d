package dev.zonda.cli.reports;

import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import dev.zonda.verify.divergence.Divergence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What matters of a comparison, with what each figure means: for people who see it for the first
/// time.
final class SummaryTable {
  /// A model's figures.
  ///
  /// @param heading of its column
  /// @param size if it is a model, and not stored logits
  /// @param types how its numbers are stored, if that is to be shown
  /// @param kld mean divergence from the reference, in nats; 0 for the reference itself
  /// @param sameTop share of positions where both find the same token most probable, in percent
  record Figures(
      String heading,
      Optional<ModelSize> size,
      Optional<String> types,
      double perplexity,
      double kld,
      double sameTop) {}

  private SummaryTable() {}

  /// The figures of the reference and of the candidates.
  static List<Figures> figures(CompareReport report) {
    List<Figures> figures = new ArrayList<>();
    double perplexity = report.divergences().getFirst().ppl().reference();
    figures.add(
        new Figures("reference", report.referenceSize(), Optional.empty(), perplexity, 0, 100));
    for (CompareReport.Candidate candidate : report.candidates()) {
      Divergence divergence = candidate.divergence();
      figures.add(
          new Figures(
              CompareFigures.fileName(candidate.model()),
              Optional.of(candidate.size()),
              Optional.empty(),
              divergence.ppl().candidate(),
              divergence.kld().mean(),
              divergence.sameTop()));
    }
    return figures;
  }

  /// The verdicts, in sentences.
  ///
  /// @param models the reference, and the candidates
  static List<String> verdicts(List<Figures> models) {
    List<String> sentences = new ArrayList<>();
    for (Figures candidate : models.subList(1, models.size())) {
      sentences.add(
          (models.size() == 2 ? "Verdict: " : "Verdict on " + candidate.heading() + ": ")
              + verdict(models.getFirst(), candidate));
      sentences.add(usual(candidate));
    }
    return sentences;
  }

  /// @param models the reference, and the candidates
  static Table of(List<Figures> models) {
    List<Column> columns = new ArrayList<>(List.of(Column.left("")));
    models.forEach(model -> columns.add(Column.right(model.heading())));
    columns.add(Column.left("what it means"));
    Table table = Table.of(columns.toArray(Column[]::new));
    row(table, models, "size", m -> size(m, s -> Sizes.bytes(s.bytes())), "on disk and in memory");
    if (models.stream().anyMatch(model -> model.types().isPresent())) {
      row(table, models, "types", m -> m.types().orElse("-"), "how the numbers are stored");
    }
    row(
        table,
        models,
        "bits per weight",
        m -> size(m, s -> Sizes.decimals(s.bitsPerWeight(), 2)),
        "of all tensors together");
    row(
        table,
        models,
        "perplexity",
        m -> Sizes.decimals(m.perplexity(), 3),
        "how much the text surprises the model");
    row(
        table,
        models,
        "KL divergence",
        m -> m.kld() == 0 ? "0" : CompareFigures.number(m.kld(), 5),
        "how far its predictions have moved");
    row(
        table,
        models,
        "same top token",
        m -> (m.sameTop() == 100 ? "100" : Sizes.decimals(m.sameTop(), 1)) + " %",
        "how often its first choice is the same");
    return table;
  }

  private static void row(
      Table table,
      List<Figures> models,
      String label,
      Function<Figures, String> cell,
      String meaning) {
    List<String> cells = new ArrayList<>(List.of(label));
    models.forEach(model -> cells.add(cell.apply(model)));
    cells.add(meaning);
    table.row(cells.toArray(String[]::new));
  }

  private static String size(Figures model, Function<ModelSize, String> text) {
    return model.size().map(text).orElse("-");
  }

  /// The verdict on a candidate in a sentence.
  ///
  /// @param reference what it is compared with
  private static String verdict(Figures reference, Figures candidate) {
    double increase = 100 * (candidate.perplexity() / reference.perplexity() - 1);
    ModelSize size = candidate.size().orElseThrow();
    return "%sperplexity %s %%: %s."
        .formatted(
            reference
                .size()
                .map(
                    of -> Sizes.decimals(100.0 * size.bytes() / of.bytes(), 0) + " % of the size, ")
                .orElse(""),
            (increase < 0 ? "" : "+") + CompareFigures.number(increase, 2),
            Closeness.of(candidate.kld()).words());
  }

  /// Whether quantization explains what the verdict says, in a sentence.
  private static String usual(Figures candidate) {
    double bits = candidate.size().orElseThrow().bitsPerWeight();
    double most = UsualDivergence.most(bits);
    return (candidate.kld() <= most
            ? "A divergence of up to %s is usual for %s bits per weight."
            : "THAT IS MORE THAN USUAL: it is seldom above %s with %s bits per weight. See"
                + " docs/accuracy.md.")
        .formatted(
            Double.toString(most).replaceFirst("\\.0$", ""),
            Sizes.decimals(bits, 1).replaceFirst("\\.0$", ""));
  }
}
