package dev.zonda.cli;

import dev.zonda.cli.options.ResultFileOptions;
import dev.zonda.cli.options.TextOptions;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.reports.ImatrixReport;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.quantize.imatrix.ImatrixFormat;
import dev.zonda.quantize.imatrix.ImatrixStatistics;
import dev.zonda.verify.ImportanceMeasurement;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "imatrix",
    description = {
      "Measure an importance matrix on a text.",
      "",
      "quantize and convert take it with --imatrix.",
      "Matrices of several texts can be added up with --in-file, with or without a model."
    },
    footer = {
      "",
      "Examples:",
      "  zonda imatrix my-model/ -f text.txt -o imatrix.gguf",
      "  zonda imatrix --in-file a.gguf --in-file b.gguf \\",
      "    -o both.gguf",
      "  zonda imatrix --in-file imatrix.gguf --show-statistics"
    })
final class ImatrixCommand extends EvaluationCommand {
  private static final String USUAL_NAME = "imatrix.gguf";

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A GGUF file or a checkpoint folder.")
  private Optional<Path> path = Optional.empty();

  @Mixin private TextOptions text;

  @Mixin private ResultFileOptions output;

  @Option(
      names = "--output-format",
      paramLabel = "FORMAT",
      order = 5,
      description = "gguf, or dat for the older format (default: by the end of the output's name).")
  private Optional<ImatrixFormat> format = Optional.empty();

  @Option(
      names = "--in-file",
      paramLabel = "FILE",
      order = 6,
      description = "A matrix to add to the result; may be repeated.")
  private List<Path> inputs = List.of();

  @Option(
      names = "--process-output",
      order = 7,
      description = "Measure output.weight, too, although its quantization needs no weights.")
  private boolean processOutput;

  @Option(
      names = "--show-statistics",
      order = 8,
      description = "Print statistics of the result, as llama-imatrix does.")
  private boolean showStatistics;

  @Override
  protected ExitCode run(Console console) throws IOException {
    requireSense();
    if (path.isEmpty()) {
      finish(earlier().orElseThrow(), console);
      return ExitCode.OK;
    }
    try (Engine engine = engine(console);
        GgufModel model = open(path.get(), List.of(path.get()))) {
      requireKept(path.get(), model, output.file(USUAL_NAME).stream().toList());
      Chunks chunks = text.chunks(model, TextOptions.Length.TWO_CONTEXTS, console);
      EvaluationPlan plan =
          plan(ImportanceMeasurement.workload(model, chunks, scope()), engine, console);
      if (!isDryRun()) {
        Optional<ActivationSums> earlier = earlier();
        ActivationSums measured =
            ImportanceMeasurement.measure(
                plan, chunks, text.required().toString(), scope(), console.progress());
        finish(earlier.isPresent() ? sum(path.get(), earlier.get(), measured) : measured, console);
      }
    }
    return ExitCode.OK;
  }

  private ImportanceMeasurement.Scope scope() {
    return processOutput
        ? ImportanceMeasurement.Scope.LAYERS_AND_OUTPUT
        : ImportanceMeasurement.Scope.LAYERS;
  }

  private void finish(ActivationSums sums, Console console) throws IOException {
    if (output.file(USUAL_NAME).isPresent()) {
      sums.write(
          output.file(USUAL_NAME).get(), format(output.file(USUAL_NAME).get()), output.policy());
    }
    ImatrixReport report =
        ImatrixReport.of(
            output.file(USUAL_NAME),
            sums,
            showStatistics ? Optional.of(ImatrixStatistics.of(sums)) : Optional.empty());
    report.warn(console);
    if (json()) {
      console.json(report);
    } else {
      report.print(console);
    }
  }

  private void requireSense() throws IOException {
    if (path.isPresent() != text.file().isPresent()) {
      throw usageError(
          path.isPresent()
              ? "the model needs a text: give -f TEXT"
              : "-f needs a model: give MODEL");
    }
    if (path.isEmpty() && inputs.isEmpty()) {
      throw usageError("there is nothing to measure: give MODEL and -f TEXT, or --in-file FILE");
    }
    if (path.isEmpty()) {
      requireChunksOfFiles();
    }
    if (output.file(USUAL_NAME).isEmpty() && !showStatistics && !isDryRun()) {
      throw usageError("there is nothing to do: give -o FILE or --show-statistics");
    }
    if (!output.isGiven()) {
      requireNothingAboutOutput();
    } else {
      List<Path> read = new ArrayList<>(inputs);
      path.ifPresent(read::add);
      text.file().ifPresent(read::add);
      requireOtherFiles(read, List.of(output.file(USUAL_NAME).get()));
      if (!isDryRun()) {
        output.requireCreatable(USUAL_NAME);
      }
    }
  }

  private void requireNothingAboutOutput() {
    if (format.isPresent()) {
      throw usageError("--output-format has no effect without an output file: give -o FILE");
    }
    if (output.isForcedInVain()) {
      throw usageError("--force has no effect without an output file: give -o FILE");
    }
  }

  private ImatrixFormat format(Path file) {
    return format.orElse(file.toString().endsWith(".dat") ? ImatrixFormat.DAT : ImatrixFormat.GGUF);
  }

  /// Matrix files record their chunks, but `.dat` files not the size of a chunk.
  private void requireChunksOfFiles() {
    if (isDryRun()) {
      throw usageError("--dry-run needs an evaluation to plan: give MODEL and -f TEXT");
    }
    if (text.givenChunks().isPresent()) {
      throw usageError("--chunks needs a text: give MODEL and -f TEXT");
    }
    if (processOutput) {
      throw usageError(
          "--process-output has no effect without a measurement: give MODEL and -f TEXT");
    }
    if (isFollowingLinks()) {
      throw usageError("--follow-links has no effect without a model: give MODEL and -f TEXT");
    }
    if (isBounded()) {
      throw usageError(
          "--threads and --memory have no effect without a measurement: give MODEL and -f TEXT");
    }
    if (text.givenContext().orElse(1) < 1) {
      throw usageError("--ctx is %d, expected 1 or more".formatted(text.givenContext().get()));
    }
  }

  /// The sum of the matrices that earlier runs measured.
  private Optional<ActivationSums> earlier() throws IOException {
    Optional<ActivationSums> sums = Optional.empty();
    for (Path input : inputs) {
      ActivationSums next = ActivationSums.read(input, chunkSize(sums));
      sums = Optional.of(sums.isPresent() ? sum(input, sums.get(), next) : next);
    }
    return sums;
  }

  /// The size of a chunk, from the command line or from the first file.
  private OptionalInt chunkSize(Optional<ActivationSums> before) {
    if (path.isPresent()) {
      return OptionalInt.of(text.context());
    }
    return text.givenContext()
        .or(() -> before.map(ActivationSums::chunkSize))
        .map(OptionalInt::of)
        .orElseGet(OptionalInt::empty);
  }

  private static ActivationSums sum(Path file, ActivationSums before, ActivationSums next)
      throws FormatException {
    try {
      return before.plus(next);
    } catch (IllegalArgumentException e) {
      throw FormatException.in(file, e.getMessage(), e);
    }
  }
}
