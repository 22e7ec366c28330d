package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.convert.Models;
import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.quantize.imatrix.ImatrixFormat;
import dev.zonda.quantize.imatrix.ImatrixStatistics;
import dev.zonda.verify.Chunks;
import dev.zonda.verify.Engine;
import dev.zonda.verify.ImportanceMeasurement;
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
      "Measure an importance matrix, for quantize and convert --imatrix.",
      "",
      "Matrices of several texts can be added up with --in-file, with or without a model."
    },
    footer = {
      "",
      "Examples:",
      "  zonda imatrix my-model/ -f calibration.txt -o imatrix.gguf",
      "  zonda imatrix --in-file a.gguf --in-file b.gguf -o both.gguf",
      "  zonda imatrix --in-file imatrix.gguf --show-statistics"
    })
final class ImatrixCommand extends ZondaCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A GGUF file or a checkpoint folder.")
  private Optional<Path> path = Optional.empty();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "TEXT",
      order = 1,
      description = "The text to measure on, in UTF-8.")
  private Optional<Path> text = Optional.empty();

  @Mixin private ChunkOptions chunkOptions;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      order = 4,
      description = "The file to write.")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = "--output-format",
      paramLabel = "FORMAT",
      order = 5,
      converter = ImatrixFormatConverter.class,
      description = "gguf or dat, the older one (default: as the output's name ends).")
  private Optional<ImatrixFormat> format = Optional.empty();

  @Option(
      names = "--in-file",
      paramLabel = "FILE",
      order = 6,
      description = "A matrix to add to the result; repeatable.")
  private List<Path> inputs = List.of();

  @Option(
      names = "--process-output",
      order = 7,
      description = "Measure output.weight, too, which quantization leaves without weights.")
  private boolean processOutput;

  @Option(
      names = "--show-statistics",
      order = 8,
      description = "Print statistics of the result, as llama-imatrix does.")
  private boolean showStatistics;

  @Option(names = "--force", order = 810, description = "Overwrite the output if it exists.")
  private boolean force;

  @Mixin private ThreadsOption threads;

  @Mixin private EvaluationMemoryOption memory;

  @Override
  protected ExitCode run(Console console) throws IOException {
    requireSense();
    OverwritePolicy policy = force ? OverwritePolicy.REPLACE : OverwritePolicy.FAIL;
    if (output.isPresent()) {
      AtomicFile.requireCreatable(output.get(), policy);
    }
    ActivationSums sums = sums(console);
    if (output.isPresent()) {
      sums.write(output.get(), format(output.get()), policy);
    }
    ImatrixReport report =
        ImatrixReport.of(
            output,
            sums,
            showStatistics ? Optional.of(ImatrixStatistics.of(sums)) : Optional.empty());
    report.warn(console);
    if (json()) {
      console.json(report);
    } else {
      report.print(console);
    }
    return ExitCode.OK;
  }

  private void requireSense() throws IOException {
    if (path.isPresent() != text.isPresent()) {
      throw usageError(
          path.isPresent()
              ? "the model needs a text: give -f TEXT"
              : "-f needs a model: give MODEL");
    }
    if (path.isEmpty() && inputs.isEmpty()) {
      throw usageError("there is nothing to measure: give MODEL and -f TEXT, or --in-file FILE");
    }
    if (output.isEmpty() && !showStatistics) {
      throw usageError("there is nothing to do: give -o FILE or --show-statistics");
    }
    if (output.isPresent()) {
      List<Path> read = new ArrayList<>(inputs);
      path.ifPresent(read::add);
      text.ifPresent(read::add);
      requireOtherFiles(read, List.of(output.get()));
    }
  }

  private ImatrixFormat format(Path file) {
    return format.orElse(file.toString().endsWith(".dat") ? ImatrixFormat.DAT : ImatrixFormat.GGUF);
  }

  /// Earlier matrices first, as their texts stand in the file.
  private ActivationSums sums(Console console) throws IOException {
    Optional<ActivationSums> sums = Optional.empty();
    for (Path input : inputs) {
      ActivationSums next = ActivationSums.read(input, chunkSize(sums));
      sums = Optional.of(sums.isPresent() ? sum(input, sums.get(), next) : next);
    }
    if (path.isPresent()) {
      ActivationSums measured = measure(path.get(), text.orElseThrow(), console);
      sums = Optional.of(sums.isPresent() ? sum(path.get(), sums.get(), measured) : measured);
    }
    return sums.orElseThrow();
  }

  /// The size of chunks is that of the command line, or of the first file.
  private OptionalInt chunkSize(Optional<ActivationSums> before) {
    if (path.isPresent()) {
      return OptionalInt.of(chunkOptions.context());
    }
    return chunkOptions
        .givenContext()
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

  private ActivationSums measure(Path modelPath, Path textPath, Console console)
      throws IOException {
    try (Engine engine = memory.engine(threads);
        GgufModel model = Models.open(modelPath)) {
      if (output.isPresent()) {
        requireOtherFiles(model.files(), List.of(output.get()));
        requireOutside(modelPath, List.of(output.get()));
      }
      console.detail("computing with " + engine.description());
      Chunks chunks = chunkOptions.chunks(textPath, model);
      return ImportanceMeasurement.measure(
          model,
          chunks,
          textPath.toString(),
          processOutput
              ? ImportanceMeasurement.Scope.LAYERS_AND_OUTPUT
              : ImportanceMeasurement.Scope.LAYERS,
          engine,
          console.progress());
    }
  }
}
