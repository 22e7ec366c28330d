package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.convert.Models;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Chunks;
import dev.zonda.verify.Engine;
import dev.zonda.verify.EvaluationPlan;
import dev.zonda.verify.Perplexity;
import dev.zonda.verify.StoredLogitsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
      "Computed as llama-perplexity does, but with exact weights and activations."
    },
    footer = {
      "",
      "Examples:",
      "  zonda perplexity model-Q4_K_M.gguf -f wiki.test.raw",
      "  zonda perplexity my-model/ -f wiki.test.raw --ctx 2048 --chunks 20"
    })
final class PerplexityCommand extends ZondaCommand {
  @Parameters(paramLabel = "MODEL", description = "A GGUF file or a checkpoint folder.")
  private Path path;

  @Mixin private TextOptions text;

  @Option(
      names = "--save-logits",
      paramLabel = "FILE",
      order = 4,
      description =
          "Write log-probabilities in 16 bits, as llama-perplexity --kl-divergence-base does.")
  private Optional<Path> logits = Optional.empty();

  @Option(
      names = "--dry-run",
      order = 5,
      description = "Only show how the text is cut into batches, and what memory that takes.")
  private boolean dryRun;

  @Option(names = "--force", order = 810, description = "Overwrite the file if it exists.")
  private boolean force;

  @Mixin private ThreadsOption threads;

  @Mixin private EvaluationMemoryOption memory;

  @Override
  protected ExitCode run(Console console) throws IOException {
    try (Engine engine = memory.engine(threads);
        GgufModel model = Models.open(path)) {
      console.detail("computing with " + engine.description());
      Chunks chunks = text.chunks(model);
      EvaluationPlan plan = EvaluationPlan.of(List.of(model), chunks, engine);
      memory.requireEnough(plan);
      if (dryRun) {
        show(plan, chunks, console);
        return ExitCode.OK;
      }
      Perplexity result =
          logits.isPresent()
              ? saving(logits.get(), model, chunks, engine, console)
              : Perplexity.measure(model, chunks, engine, console.progress());
      if (json()) {
        console.json(result);
      } else {
        console.table(
            Table.ofPairs()
                .row(
                    "perplexity",
                    "%s ± %s"
                        .formatted(
                            Sizes.decimals(result.perplexity(), 4),
                            Sizes.decimals(result.error(), 4)))
                .row("tokens", Sizes.exact(result.tokens()) + " scored")
                .row("chunks", "%d of %d tokens".formatted(result.chunks(), text.context())));
      }
    }
    return ExitCode.OK;
  }

  private void show(EvaluationPlan plan, Chunks chunks, Console console) {
    if (json()) {
      console.json(plan);
      return;
    }
    console.table(
        Table.ofPairs()
            .row("chunks", "%d of %d tokens".formatted(chunks.count(), text.context()))
            .row(
                "batches",
                "%d of up to %d chunks".formatted(plan.batches(), plan.sequencesPerBatch()))
            .row("activations", Sizes.bytes(plan.activationBytes()))
            .row("logits", Sizes.bytes(plan.logitBytes())));
  }

  private Perplexity saving(
      Path file, GgufModel model, Chunks chunks, Engine engine, Console console)
      throws IOException {
    List<Path> inputs = new ArrayList<>(model.files());
    inputs.add(text.file());
    requireOtherFiles(inputs, List.of(file));
    requireOutside(path, List.of(file));
    OverwritePolicy policy = force ? OverwritePolicy.REPLACE : OverwritePolicy.FAIL;
    try (StoredLogitsWriter writer = StoredLogitsWriter.create(file, chunks, policy)) {
      Perplexity result =
          Perplexity.measure(model, chunks, Optional.of(writer), engine, console.progress());
      writer.commit();
      return result;
    }
  }
}
