package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import java.nio.file.Path;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// What the demo found, in words for newcomers.
///
/// @param bytesBefore size of the model as it was downloaded
/// @param bytesAfter size of the file that was made
/// @param typesBefore tensor types, the one with most bytes first
/// @param typesAfter the same of the result
/// @param kld mean Kullback-Leibler divergence of the next token's distribution, in nats
/// @param sameTop share of positions where both find the same token most probable, in percent
record DemoReport(
    long bytesBefore,
    long bytesAfter,
    String typesBefore,
    String typesAfter,
    double bitsBefore,
    double bitsAfter,
    double perplexityBefore,
    double perplexityAfter,
    double kld,
    double sameTop) {
  /// Below this divergence nobody has yet shown a difference in use; a rule of thumb.
  private static final double SAME = 0.01;

  /// Above this divergence answers differ visibly; a rule of thumb.
  private static final double DIFFERENT = 0.1;

  /// @param before `inspect --json` of the source
  /// @param after `inspect --json` of the result
  /// @param comparison `compare --json` of the two
  static DemoReport of(JsonNode before, JsonNode after, JsonNode comparison) {
    JsonNode candidate = comparison.required("candidates").required(0);
    JsonNode perplexity = candidate.required("ppl");
    return new DemoReport(
        before.required("bytes").longValue(),
        after.required("bytes").longValue(),
        types(before),
        types(after),
        before.required("bits_per_weight").doubleValue(),
        after.required("bits_per_weight").doubleValue(),
        perplexity.required("reference").doubleValue(),
        perplexity.required("candidate").doubleValue(),
        candidate.required("kld").required("mean").doubleValue(),
        candidate.required("same_top").doubleValue());
  }

  /// @param program what the user types to start zonda
  /// @param output the file that was made
  void print(String program, Path output, Console console) {
    console.gap();
    console.table(table());
    console.gap();
    console.line("Verdict: " + verdict());
    console.gap();
    console.line("The file is " + output + ". With a model of your own:");
    console.line("  " + program + " convert my-model/ -t Q4_K_M -o small.gguf");
    console.line("  " + program + " compare my-model/ small.gguf -f some-text.txt");
  }

  private Table table() {
    return Table.of(
            Column.left(""),
            Column.right("before"),
            Column.right("after"),
            Column.left("what it means"))
        .row("size", Sizes.bytes(bytesBefore), Sizes.bytes(bytesAfter), "on disk and in memory")
        .row("types", typesBefore, typesAfter, "how the numbers are stored")
        .row(
            "bits per weight",
            Sizes.decimals(bitsBefore, 2),
            Sizes.decimals(bitsAfter, 2),
            "of all tensors together")
        .row(
            "perplexity",
            Sizes.decimals(perplexityBefore, 3),
            Sizes.decimals(perplexityAfter, 3),
            "how much the text surprises the model")
        .row("KL divergence", "0", Sizes.decimals(kld, 5), "how far its predictions have moved")
        .row(
            "same top token",
            "100 %",
            Sizes.decimals(sameTop, 1) + " %",
            "how often its first choice is the same");
  }

  private static String types(JsonNode inspection) {
    return inspection
        .required("types")
        .valueStream()
        .map(share -> share.required("type").stringValue())
        .collect(Collectors.joining(", "));
  }

  private String verdict() {
    double percentOfSize = 100.0 * bytesAfter / bytesBefore;
    double increase = 100 * (perplexityAfter / perplexityBefore - 1);
    return "%s %% of the size, perplexity %s %%: %s"
        .formatted(
            Sizes.decimals(percentOfSize, 0),
            (increase < 0 ? "" : "+") + Sizes.decimals(increase, 2),
            kld < SAME
                ? "practically the same model."
                : kld < DIFFERENT ? "close to the original." : "clearly a different model.");
  }
}
