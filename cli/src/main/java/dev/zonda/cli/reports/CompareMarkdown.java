package dev.zonda.cli.reports;

import dev.zonda.cli.render.SafeText;
import dev.zonda.verify.divergence.Divergence;
import dev.zonda.verify.gates.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The result of `zonda compare` as Markdown, for comments on changes and for notes.
final class CompareMarkdown {
  /// What every report begins with.
  static final String HEADING = "## Comparison with ";

  private CompareMarkdown() {}

  static String of(CompareReport report) {
    StringBuilder text = new StringBuilder();
    text.append(HEADING).append(cell(report.reference())).append("\n\n");
    text.append(
        "%d tokens scored in %d of %d chunks.\n\n"
            .formatted(
                report.divergences().getFirst().tokens(), report.chunks(), report.ofChunks()));
    if (!report.gates().isEmpty()) {
      text.append("**Gates: ").append(GateTexts.name(report.verdict())).append("**\n\n");
      append(
          text,
          List.of("gate", "candidate", "found", "interval", "chunks", "verdict"),
          report.gates().stream().map(GateTexts::row).toList());
      text.append('\n');
      report.gates().stream()
          .filter(gate -> gate.verdict() == Verdict.UNDECIDED)
          .forEach(
              gate -> text.append(cell(GateTexts.doubt(gate, report.context()))).append("\n\n"));
    }
    SummaryTable.verdicts(SummaryTable.figures(report))
        .forEach(sentence -> text.append(cell(sentence)).append('\n'));
    text.append('\n');
    List<String> heading = new ArrayList<>(List.of(""));
    for (Divergence candidate : report.divergences()) {
      heading.add(CompareFigures.fileName(candidate.model()));
    }
    append(text, heading, CompareFigures.statistics(report));
    return text.toString();
  }

  /// A run without a result.
  static String ofFailure(String message) {
    return HEADING + "a reference\n\n**The run failed:** " + cell(message) + "\n";
  }

  private static void append(StringBuilder text, List<String> heading, List<List<String>> rows) {
    line(text, heading);
    text.append("|---".repeat(heading.size())).append("|\n");
    rows.forEach(row -> line(text, row));
  }

  private static void line(StringBuilder text, List<String> cells) {
    text.append(
        cells.stream().map(CompareMarkdown::cell).collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  /// Names of files are chosen by strangers.
  private static String cell(String text) {
    return SafeText.line(text.strip())
        .replaceAll("([\\\\`*\\[\\]|#~<>])", "\\\\$1")
        .replace("&", "&amp;");
  }
}
