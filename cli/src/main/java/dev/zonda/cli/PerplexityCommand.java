package dev.zonda.cli;

import dev.zonda.cli.options.ForceOption;
import dev.zonda.cli.options.OutputFile;
import dev.zonda.cli.options.TextOptions;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.reports.CompareFigures;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Perplexity;
import dev.zonda.verify.divergence.StoredLogitsWriter;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "perplexity",
    description = {
      "Measure how well a model predicts a text; lower is better.",
      "",
      "The second half of each chunk is scored, as in llama-perplexity, but with exact weights and"
          + " activations."
    },
    footer = {
      "",
      "Examples:",
      "  zonda perplexity model.gguf -f text.txt",
      "  zonda perplexity my-model/ -f text.txt --ctx 1024"
    })
final class PerplexityCommand extends EvaluationCommand {
  @Parameters(paramLabel = "MODEL", description = "A GGUF file or a checkpoint folder.")
  private Path path;

  @Mixin private TextOptions text;

  @Option(
      names = "--save-logits",
      paramLabel = "FILE",
      order = 4,
      description =
          "Write log-probabilities in 16 bits, as llama-perplexity --kl-divergence-base does.")
  private Optional<OutputFile> logits = Optional.empty();

  @Mixin private ForceOption force;

  @Override
  protected ExitCode run(Console console) throws IOException {
    requireSense();
    try (Engine engine = engine(console);
        GgufModel model = open(path, List.of(path))) {
      requireKept(path, model, outputs());
      Chunks chunks = text.chunks(model, TextOptions.Length.TWO_CONTEXTS, console);
      EvaluationPlan plan = plan(Perplexity.workload(model, chunks), engine, console);
      if (isDryRun()) {
        return ExitCode.OK;
      }
      Perplexity result =
          logits.isPresent()
              ? saving(logits.get().path(), plan, chunks, console)
              : Perplexity.measure(plan, chunks, console.progress());
      if (json()) {
        console.json(result);
      } else {
        console.table(
            Table.ofPairs()
                .row("perplexity", CompareFigures.estimate(result.perplexity(), result.error(), 4))
                .row("tokens", Sizes.exact(result.tokens()) + " scored")
                .row("chunks", "%d of %d tokens".formatted(result.chunks(), text.context())));
      }
    }
    return ExitCode.OK;
  }

  private void requireSense() throws IOException {
    requireOtherFiles(List.of(text.required()), outputs());
    if (force.isGiven() && logits.isEmpty()) {
      throw usageError("--force has no effect without an output file: give --save-logits FILE");
    }
  }

  private List<Path> outputs() {
    return logits.stream().map(OutputFile::path).toList();
  }

  private Perplexity saving(Path file, EvaluationPlan plan, Chunks chunks, Console console)
      throws IOException {
    try (StoredLogitsWriter writer = StoredLogitsWriter.create(file, chunks, force.policy())) {
      Perplexity result = Perplexity.measure(plan, chunks, Optional.of(writer), console.progress());
      writer.commit();
      return result;
    }
  }
}
