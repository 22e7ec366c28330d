package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.reports.SummaryTable.Figures;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// What the demo found, in words for newcomers.
///
/// @param before the model as it was downloaded
/// @param after the file that was made
public record DemoReport(Figures before, Figures after) {

  /// @param before `inspect --json` of the source
  /// @param after `inspect --json` of the result
  /// @param comparison `compare --json` of the two
  public static DemoReport of(JsonNode before, JsonNode after, JsonNode comparison) {
    JsonNode candidate = comparison.required("candidates").required(0);
    JsonNode perplexity = candidate.required("ppl");
    return new DemoReport(
        new Figures(
            "before",
            Optional.of(size(before)),
            Optional.of(types(before)),
            perplexity.required("reference").doubleValue(),
            0,
            100),
        new Figures(
            "after",
            Optional.of(size(after)),
            Optional.of(types(after)),
            perplexity.required("candidate").doubleValue(),
            candidate.required("kld").required("mean").doubleValue(),
            candidate.required("same_top").doubleValue()));
  }

  private static ModelSize size(JsonNode inspection) {
    return new ModelSize(
        inspection.required("bytes").longValue(),
        inspection.required("bits_per_weight").doubleValue());
  }

  private static String types(JsonNode inspection) {
    return inspection
        .required("types")
        .valueStream()
        .map(share -> share.required("type").stringValue())
        .collect(Collectors.joining(", "));
  }

  /// @param program what the user types to start zonda
  /// @param output the file that was made
  public void print(String program, Path output, Console console) {
    console.gap();
    console.table(SummaryTable.of(List.of(before, after)));
    console.gap();
    SummaryTable.verdicts(List.of(before, after)).forEach(console::sentence);
    console.gap();
    console.line("The file is " + output + ". With a model of your own:");
    console.line("  " + program + " convert my-model/ -t Q4_K_M -o small.gguf");
    console.line("  " + program + " compare my-model/ small.gguf -f text.txt");
  }
}
