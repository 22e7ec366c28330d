package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.SafeText;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.verify.divergence.Divergence;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Verdict;
import java.util.ArrayList;
import java.util.List;

/// Shows the result of `zonda compare` to people.
///
/// @param report what was found
public record CompareTables(CompareReport report) {
  private static final int CONTEXT_CHARACTERS = 48;
  private static final int TOKEN_CHARACTERS = 16;

  /// Worst tokens that are shown; JSON has more.
  private static final int WORST = 5;

  /// How much is shown.
  public enum Extent {
    /// The result in short.
    SUMMARY,
    /// All statistics, too.
    DETAILS
  }

  public void print(Extent extent, Console console) {
    Divergence first = report.divergences().getFirst();
    console.line("Reference %s".formatted(report.reference()));
    console.line(
        "%s tokens scored in %d%s chunks"
            .formatted(
                Sizes.exact(first.tokens()),
                report.chunks(),
                report.chunks() < report.ofChunks() ? " of " + report.ofChunks() : ""));
    console.gap();
    List<SummaryTable.Figures> figures = SummaryTable.figures(report);
    console.table(SummaryTable.of(figures));
    console.gap();
    SummaryTable.verdicts(figures).forEach(console::sentence);
    if (extent == Extent.DETAILS) {
      details(console);
    }
    if (!report.gates().isEmpty()) {
      gates(console);
    }
    if (extent == Extent.SUMMARY) {
      console.gap();
      console.sentence("Give --details to see all statistics, by layer and by token.");
    }
  }

  private void details(Console console) {
    console.gap();
    console.table(withCandidates(CompareFigures.statistics(report)));
    console.gap();
    console.table(withCandidates(positions()));
    if (report.divergences().stream().anyMatch(c -> !c.byLayer().isEmpty())) {
      console.gap();
      console.table(withCandidates(layers()));
    }
    for (Divergence candidate : report.divergences()) {
      console.gap();
      console.table(worst(candidate));
    }
  }

  private void gates(Console console) {
    console.gap();
    Table table =
        Table.of(
            Table.Column.left("gate"),
            Table.Column.left("candidate"),
            Table.Column.right("found"),
            Table.Column.right("interval"),
            Table.Column.right("chunks"),
            Table.Column.left("verdict"));
    report.gates().forEach(gate -> table.row(GateTexts.row(gate).toArray(String[]::new)));
    console.table(table);
    for (GateOutcome gate : report.gates()) {
      if (gate.verdict() == Verdict.UNDECIDED) {
        console.gap();
        console.sentence(GateTexts.doubt(gate, report.context()));
      }
    }
  }

  private Table withCandidates(List<List<String>> rows) {
    List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.left("")));
    for (Divergence candidate : report.divergences()) {
      columns.add(Table.Column.right(CompareFigures.fileName(candidate.model())));
    }
    Table table = Table.of(columns.toArray(Table.Column[]::new));
    rows.forEach(row -> table.row(row.toArray(String[]::new)));
    return table;
  }

  private List<List<String>> positions() {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < report.divergences().getFirst().byPosition().size(); i++) {
      List<String> row = new ArrayList<>();
      Divergence.PositionBand band = report.divergences().getFirst().byPosition().get(i);
      row.add("KLD at positions %d to %d".formatted(band.from(), band.to()));
      for (Divergence candidate : report.divergences()) {
        Divergence.PositionBand own = candidate.byPosition().get(i);
        row.add(CompareFigures.estimate(own.kld(), own.error(), 6));
      }
      rows.add(row);
    }
    return rows;
  }

  private List<List<String>> layers() {
    int layers = report.divergences().stream().mapToInt(c -> c.byLayer().size()).max().orElse(0);
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      List<String> row = new ArrayList<>();
      row.add("relative error after layer " + i);
      for (Divergence candidate : report.divergences()) {
        row.add(
            i < candidate.byLayer().size() ? Sizes.scientific(candidate.byLayer().get(i), 2) : "-");
      }
      rows.add(row);
    }
    return rows;
  }

  private static Table worst(Divergence candidate) {
    Table table =
        Table.of(
            Table.Column.left("worst of " + CompareFigures.fileName(candidate.model())),
            Table.Column.left("next"),
            Table.Column.right("p"),
            Table.Column.right("q"),
            Table.Column.left("reference says"),
            Table.Column.left("candidate says"),
            Table.Column.right("KLD"));
    for (Divergence.WorstToken token : candidate.worst().subList(0, shown(candidate))) {
      Divergence.TokenTexts texts = token.text().orElseThrow();
      table.row(
          end(texts.context()),
          SafeText.shortened(texts.next(), TOKEN_CHARACTERS),
          CompareFigures.number(100 * token.referenceP(), 1) + " %",
          CompareFigures.number(100 * token.candidateP(), 1) + " %",
          SafeText.shortened(texts.referenceTop(), TOKEN_CHARACTERS),
          SafeText.shortened(texts.candidateTop(), TOKEN_CHARACTERS),
          CompareFigures.number(token.kld(), 4));
    }
    return table;
  }

  private static int shown(Divergence candidate) {
    return Math.min(WORST, candidate.worst().size());
  }

  /// The end of a text, which says more about what comes next than its start.
  static String end(String text) {
    int points = text.codePointCount(0, text.length());
    if (points <= CONTEXT_CHARACTERS) {
      return text;
    }
    return "…" + text.substring(text.offsetByCodePoints(0, points - CONTEXT_CHARACTERS + 1));
  }
}
