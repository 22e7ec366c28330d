package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.convert.tokenizers.Tokenizer.ControlNames;
import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Chunks;
import dev.zonda.verify.Comparison;
import dev.zonda.verify.ComparisonOptions;
import dev.zonda.verify.Divergence;
import dev.zonda.verify.Engine;
import dev.zonda.verify.ReferenceSide;
import dev.zonda.verify.StoredLogits;
import dev.zonda.verify.gates.Baseline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compare",
    description = {
      "Measure how far models are from a reference, for example after quantization.",
      "",
      "All are evaluated on the same tokens in one run; the second half of each chunk is scored. A"
          + " file of logits has its own text. With gates, the exit code says whether"
          + " every candidate keeps them: 1 if one does not, 5 if the text is too short to tell."
    },
    footer = {
      "",
      "Examples:",
      "  zonda compare my-model/ my-model-Q4_K_M.gguf -f wiki.test.raw",
      "  zonda compare base.gguf a.gguf b.gguf -f text.txt --gate 'kld.mean<0.01' \\",
      "    --gate 'top1>0.95' --junit gates.xml"
    })
final class CompareCommand extends EvaluationCommand {
  @Parameters(
      index = "0",
      paramLabel = "REFERENCE",
      description =
          "A GGUF file or a checkpoint folder, or a file of logits as perplexity --save-logits and"
              + " llama-perplexity write it.")
  private Path reference;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "CANDIDATE",
      description = "Models with the same vocabulary.")
  private List<Path> candidates;

  @Mixin private TextOptions text;

  @Mixin private GateOptions gates;

  @Option(
      names = "--write-baseline",
      paramLabel = "FILE",
      order = 14,
      description = "Write what was found, as a baseline for later runs.")
  private Optional<Path> newBaseline = Optional.empty();

  @Option(
      names = "--junit",
      paramLabel = "FILE",
      order = 15,
      description = "Write the gates as a JUnit report (XML); an older one is replaced.")
  private Optional<Path> junit = Optional.empty();

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      order = 16,
      description = "Write the result as Markdown; an older one is replaced.")
  private Optional<Path> markdown = Optional.empty();

  @Mixin private ForceOption force;

  @Override
  protected ExitCode run(Console console) throws IOException {
    requireWritable();
    boolean stored = StoredLogits.isOne(reference);
    requireText(stored);
    List<GgufModel> models = new ArrayList<>();
    try (Engine engine = engine(console)) {
      for (Path candidate : candidates) {
        models.add(Models.open(candidate));
        requireKept(candidate, models.getLast(), outputs());
      }
      if (stored) {
        GgufModel first = models.getFirst();
        try (StoredLogits logits = StoredLogits.open(reference)) {
          Chunks chunks = logits.chunks(first, ModelTokenizer.of(first).beginning());
          return compare(new ReferenceSide.Stored(logits), models, chunks, engine, console);
        }
      }
      try (GgufModel model = Models.open(reference)) {
        requireKept(reference, model, outputs());
        Chunks chunks = text.chunks(model);
        return compare(new ReferenceSide.Model(model), models, chunks, engine, console);
      }
    } finally {
      models.forEach(GgufModel::close);
    }
  }

  /// Fails before the long work does so behind it.
  private void requireWritable() throws IOException {
    List<Path> read = new ArrayList<>(List.of(reference));
    text.file().ifPresent(read::add);
    gates.baseline().ifPresent(read::add);
    requireKept(read);
    if (newBaseline.isPresent() && !isDryRun()) {
      AtomicFile.requireCreatable(newBaseline.get(), force.policy());
    }
    for (Path report : reports()) {
      AtomicFile.requireCreatable(report, OverwritePolicy.REPLACE);
    }
    List<Path> outputs = outputs();
    for (int i = 1; i < outputs.size(); i++) {
      for (Path other : outputs.subList(0, i)) {
        if (SameFile.is(outputs.get(i), other)) {
          throw usageError(other + " cannot be two outputs: name another file");
        }
      }
    }
  }

  private void requireKept(List<Path> files) throws IOException {
    for (Path output : outputs()) {
      requireOtherFiles(files, List.of(output));
    }
  }

  private List<Path> reports() {
    return Stream.of(junit, markdown).flatMap(Optional::stream).toList();
  }

  private List<Path> outputs() {
    return Stream.concat(newBaseline.stream(), reports().stream()).toList();
  }

  private void requireText(boolean stored) {
    if (stored && text.isGiven()) {
      throw usageError(
          reference + " has its own text and chunks: leave out -f, --ctx and --chunks");
    }
    if (!stored) {
      Path _ = text.required();
    }
  }

  private ExitCode compare(
      ReferenceSide side, List<GgufModel> models, Chunks chunks, Engine engine, Console console)
      throws IOException {
    Comparison comparison = Comparison.of(side, models, chunks, options(chunks, models.size()));
    plan(comparison.workload(), engine, console);
    if (isDryRun()) {
      return ExitCode.OK;
    }
    Comparison.Result result = comparison.run(engine, console.progress());
    if (newBaseline.isPresent()) {
      BaselineFile.write(newBaseline.get(), force.policy(), chunks, result);
    }
    Tokenizer tokenizer = ModelTokenizer.of(models.getFirst());
    List<Divergence> divergences =
        result.divergences().stream()
            .map(divergence -> divergence.withTexts(ids -> decoded(tokenizer, ids)))
            .toList();
    CompareReport report = CompareReport.of(side.name(), divergences, result, chunks.count());
    show(report, console);
    return report.exitCode();
  }

  private ComparisonOptions options(Chunks chunks, int models) throws IOException {
    Optional<List<Baseline>> baselines = Optional.empty();
    if (gates.baseline().isPresent()) {
      baselines = Optional.of(BaselineFile.read(gates.baseline().get(), chunks, models));
    }
    return gates.options(
        baselines,
        newBaseline.isPresent() ? GateOptions.WholeText.NEEDED : GateOptions.WholeText.NOT_NEEDED);
  }

  private static String decoded(Tokenizer tokenizer, List<Integer> ids) {
    return tokenizer.decode(
        ids.stream().mapToInt(Integer::intValue).toArray(), ControlNames.TOKENS);
  }

  private void show(CompareReport report, Console console) throws IOException {
    if (junit.isPresent()) {
      TextFile.write(junit.get(), JUnitReport.of(report));
    }
    if (markdown.isPresent()) {
      TextFile.write(markdown.get(), CompareMarkdown.of(report));
    }
    if (json()) {
      console.json(report);
    } else {
      new CompareTables(report).print(console);
    }
  }
}
