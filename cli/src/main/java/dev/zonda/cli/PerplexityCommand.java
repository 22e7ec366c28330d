package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.convert.Models;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Chunks;
import dev.zonda.verify.Engine;
import dev.zonda.verify.Perplexity;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin private ThreadsOption threads;

  @Override
  protected ExitCode run(Console console) throws IOException {
    try (Engine engine = Engine.of(threads.threads());
        GgufModel model = Models.open(path)) {
      console.detail("computing with " + engine.description());
      Chunks chunks = text.chunks(model);
      Perplexity result = Perplexity.measure(model, chunks, engine, console.progress());
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
}
