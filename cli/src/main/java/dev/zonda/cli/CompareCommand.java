package dev.zonda.cli;

import dev.zonda.cli.options.ForceOption;
import dev.zonda.cli.options.GateOptions;
import dev.zonda.cli.options.ModelTokenizer;
import dev.zonda.cli.options.OutputFile;
import dev.zonda.cli.options.ReportOptions;
import dev.zonda.cli.options.SameFile;
import dev.zonda.cli.options.TextOptions;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.reports.BaselineFile;
import dev.zonda.cli.reports.CompareJson;
import dev.zonda.cli.reports.CompareReport;
import dev.zonda.cli.reports.CompareTables;
import dev.zonda.cli.reports.ModelSize;
import dev.zonda.cli.reports.ReportFiles;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.convert.tokenizers.Tokenizer.ControlNames;
import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.divergence.Comparison;
import dev.zonda.verify.divergence.ComparisonOptions;
import dev.zonda.verify.divergence.ReferenceSide;
import dev.zonda.verify.divergence.StoredLogits;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
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
      "Measure how far models are from a reference.",
      "",
      "All models are evaluated on the same tokens in one run, and the second half of each chunk"
          + " is scored. A file of logits holds its own text. With gates, the exit code says"
          + " whether every candidate passes: 1 if one fails, 5 if the text is too short to tell."
    },
    footer = {
      "",
      "Examples:",
      "  zonda compare my-model/ model-Q4_K_M.gguf -f text.txt",
      "  zonda compare my-model/ a.gguf b.gguf -f text.txt \\",
      "    --gate 'kld.mean<0.03' --gate 'top1>85%%' \\",
      "    --junit gates.xml"
    })
final class CompareCommand extends EvaluationCommand {
  @Parameters(
      index = "0",
      paramLabel = "REFERENCE",
      description =
          "A GGUF file, a checkpoint folder, or a file of logits that perplexity --save-logits or"
              + " llama-perplexity has written.")
  private Path reference;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "CANDIDATE",
      description = "The models to compare with it; they must have the same vocabulary.")
  private List<Path> candidates;

  @Mixin private TextOptions text;

  @Mixin private GateOptions gates;

  @Option(
      names = "--write-baseline",
      paramLabel = "FILE",
      order = 14,
      description = "Write the results as a baseline for later runs.")
  private Optional<OutputFile> newBaseline = Optional.empty();

  @Mixin private ReportOptions reportOptions;

  @Option(
      names = "--details",
      order = 17,
      description = "Show all statistics, by position and layer, and the worst tokens.")
  private boolean details;

  @Mixin private ForceOption force;

  /// Whether it is known that the reports replace none of the inputs.
  private boolean mayReport;

  @Override
  protected ExitCode run(Console console) throws IOException {
    if (isDryRun()) {
      return measure(console);
    }
    ReportFiles reports = reports();
    reports.begin();
    try {
      return measure(console);
    } catch (Exception | Error e) {
      Failure failure = Failure.of(e);
      if (failure.code() == ExitCode.INTERRUPTED) {
        throw e;
      }
      if (mayReport) {
        reports.fail(failure.message());
      } else if (failure.code() == ExitCode.USAGE) {
        reports.misunderstood(failure.message());
      } else {
        reports.failEarly(failure.message());
      }
      throw e;
    }
  }

  @Override
  protected void misunderstood(List<String> arguments, String message) {
    ReportFiles.outdate(arguments, message);
  }

  private ReportFiles reports() {
    return new ReportFiles(reportOptions.junit(), reportOptions.markdown());
  }

  private ExitCode measure(Console console) throws IOException {
    requireSense(console);
    requireWritable();
    boolean stored = StoredLogits.isOne(reference);
    requireText(stored);
    List<GgufModel> models = new ArrayList<>();
    try (Engine engine = engine(console)) {
      List<Path> all = Stream.concat(Stream.of(reference), candidates.stream()).toList();
      for (Path candidate : candidates) {
        models.add(open(candidate, all));
        requireKept(candidate, models.getLast(), outputs());
      }
      if (stored) {
        mayReport = true;
        GgufModel first = models.getFirst();
        try (StoredLogits logits = StoredLogits.open(reference)) {
          Chunks chunks = logits.chunks(ModelTokenizer.of(first).beginning());
          return compare(new ReferenceSide.Stored(logits), models, chunks, engine, console);
        }
      }
      try (GgufModel model = open(reference, all)) {
        requireKept(reference, model, outputs());
        mayReport = true;
        Chunks chunks = text.chunks(model, TextOptions.Length.TWO_CONTEXTS, console);
        return compare(new ReferenceSide.Model(model), models, chunks, engine, console);
      }
    } finally {
      models.forEach(GgufModel::close);
    }
  }

  private void requireSense(Console console) throws IOException {
    requireOneFromStandardInput(
        Stream.concat(text.file().stream(), gates.texts().stream()).toList());
    gates.read();
    if (reportOptions.junit().isPresent() && !gates.isGiven()) {
      throw usageError("--junit has no effect without a gate: give --gate GATE");
    }
    if (force.isGiven() && newBaseline.isEmpty()) {
      throw usageError(
          "--force has no effect without --write-baseline: give --write-baseline FILE");
    }
    if (details && json()) {
      console.note("--details has no effect: the JSON output holds all statistics");
    }
  }

  /// Fails early where writing would fail after the long work.
  private void requireWritable() throws IOException {
    List<Path> read = new ArrayList<>(List.of(reference));
    text.file().ifPresent(read::add);
    read.addAll(gates.texts());
    requireKept(read);
    if (newBaseline.isPresent() && !isDryRun()) {
      AtomicFile.requireCreatable(newBaseline.get().path(), force.policy());
    }
    reports().requireCreatable();
    List<Path> outputs = outputs();
    for (int i = 1; i < outputs.size(); i++) {
      for (Path other : outputs.subList(0, i)) {
        if (SameFile.is(outputs.get(i), other)) {
          throw usageError(other + " is named for two outputs: name another file for one of them");
        }
      }
    }
  }

  private void requireKept(List<Path> files) throws IOException {
    for (Path output : outputs()) {
      requireOtherFiles(files, List.of(output));
    }
  }

  private List<Path> outputs() {
    return Stream.concat(newBaseline.stream().map(OutputFile::path), reports().paths().stream())
        .toList();
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
    Optional<BaselineFile.Models> known =
        gates.baseline().isPresent() || newBaseline.isPresent()
            ? Optional.of(BaselineFile.Models.of(side, models))
            : Optional.empty();
    Comparison comparison = Comparison.of(side, models, chunks, options(chunks, known));
    EvaluationPlan plan = plan(comparison.workload(), engine, console);
    if (isDryRun()) {
      return ExitCode.OK;
    }
    Comparison.Result result = comparison.run(plan, console.progress());
    if (newBaseline.isPresent()) {
      BaselineFile.write(
          newBaseline.get().path(), force.policy(), known.orElseThrow(), chunks, result);
    }
    CompareReport report = report(side, models, chunks, result);
    show(report, console);
    return switch (report.verdict()) {
      case PASSED -> ExitCode.OK;
      case FAILED -> ExitCode.GATE_FAILED;
      case UNDECIDED -> ExitCode.UNDECIDED;
    };
  }

  private static CompareReport report(
      ReferenceSide side, List<GgufModel> models, Chunks chunks, Comparison.Result result)
      throws IOException {
    Tokenizer tokenizer = ModelTokenizer.of(models.getFirst());
    List<CompareReport.Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      candidates.add(
          new CompareReport.Candidate(
              result.divergences().get(i).withTexts(ids -> decoded(tokenizer, ids)),
              ModelSize.of(models.get(i))));
    }
    Optional<ModelSize> referenceSize =
        switch (side) {
          case ReferenceSide.Model(GgufModel model) -> Optional.of(ModelSize.of(model));
          case ReferenceSide.Stored _ -> Optional.empty();
        };
    return new CompareReport(
        side.name(),
        referenceSize,
        chunks.context(),
        result.chunks(),
        chunks.count(),
        candidates,
        result.gates(),
        result.looks());
  }

  private ComparisonOptions options(Chunks chunks, Optional<BaselineFile.Models> known)
      throws IOException {
    Optional<List<Baseline>> baselines = Optional.empty();
    if (gates.baseline().isPresent()) {
      baselines =
          Optional.of(
              BaselineFile.read(
                  gates.baseline().get(), chunks, known.orElseThrow(), gates.candidates()));
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
    reports().finish(report);
    if (json()) {
      console.json(CompareJson.of(report));
    } else {
      new CompareTables(report)
          .print(details ? CompareTables.Extent.DETAILS : CompareTables.Extent.SUMMARY, console);
    }
  }
}
