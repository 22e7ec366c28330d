package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.convert.Models;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Chunks;
import dev.zonda.verify.Divergence;
import dev.zonda.verify.Engine;
import dev.zonda.verify.Gates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compare",
    description = {
      "Measure how far models are from a reference, for example after quantization.",
      "",
      "All are evaluated on the same tokens in one run. With gates, the exit code says whether"
          + " every candidate kept them."
    },
    footer = {
      "",
      "Examples:",
      "  zonda compare my-model/ my-model-Q4_K_M.gguf -f wiki.test.raw",
      "  zonda compare base.gguf a.gguf b.gguf -f text.txt --max-kld 0.01 --min-same-top 95"
    })
final class CompareCommand extends ZondaCommand {
  @Parameters(
      index = "0",
      paramLabel = "REFERENCE",
      description = "A GGUF file or a checkpoint folder.")
  private Path reference;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "CANDIDATE",
      description = "Models with the same vocabulary.")
  private List<Path> candidates;

  @Mixin private TextOptions text;

  @Option(
      names = "--max-kld",
      paramLabel = "X",
      order = 10,
      description = "Gate: the mean KL divergence must not be larger, in nats.")
  private Optional<Double> maxKld = Optional.empty();

  @Option(
      names = "--max-ppl-increase",
      paramLabel = "PCT",
      order = 11,
      description = "Gate: perplexity must not grow by more, in percent.")
  private Optional<Double> maxPplIncrease = Optional.empty();

  @Option(
      names = "--min-same-top",
      paramLabel = "PCT",
      order = 12,
      description = "Gate: the most probable token must be the same this often, in percent.")
  private Optional<Double> minSameTop = Optional.empty();

  @Mixin private ThreadsOption threads;

  @Override
  protected ExitCode run(Console console) throws IOException {
    List<GgufModel> models = new ArrayList<>();
    try (Engine engine = Engine.of(threads.threads())) {
      models.add(Models.open(reference));
      for (Path candidate : candidates) {
        models.add(Models.open(candidate));
      }
      console.detail("computing with " + engine.description());
      Chunks chunks = text.chunks(models.getFirst());
      List<Divergence> divergences =
          Divergence.measure(
              models.getFirst(),
              models.subList(1, models.size()),
              chunks,
              engine,
              console.progress());
      CompareReport report = CompareReport.of(reference, divergences, gates());
      if (json()) {
        console.json(report);
      } else {
        report.print(console);
      }
      return report.passed() ? ExitCode.OK : ExitCode.GATE_FAILED;
    } finally {
      models.forEach(GgufModel::close);
    }
  }

  private Gates gates() {
    return new Gates(toDouble(maxKld), toDouble(maxPplIncrease), toDouble(minSameTop));
  }

  private static OptionalDouble toDouble(Optional<Double> limit) {
    return limit.map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }
}
