package dev.zonda.cli;

import dev.zonda.cli.options.ByteCount;
import dev.zonda.cli.options.OutputFileOptions;
import dev.zonda.cli.options.OutputPath;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.reports.SplitReport;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.SplitLimit;
import dev.zonda.formats.gguf.SplitPlan;
import dev.zonda.formats.gguf.SplitPlan.FirstFile;
import dev.zonda.quantize.TensorCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda split`: a GGUF file becomes several, as llama-gguf-split would write them.
@Command(
    name = "split",
    description = {
      "Cut a GGUF file into several.",
      "",
      "llama.cpp and zonda open the first file and find the others next to it. To give a"
          + " split model new limits, name its first file."
    },
    footer = {
      "",
      "Examples:",
      "  zonda split model-BF16.gguf -o parts/ --max-size 2G",
      "  zonda split model-BF16.gguf -o model --max-tensors 16"
    })
final class SplitCommand extends ZondaCommand {
  @Parameters(paramLabel = "IN.gguf", description = "The model.")
  private Path input;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "PREFIX",
      required = true,
      order = 1,
      description =
          "What the files' names begin with; -00001-of-00003.gguf is added. Or a folder, ending in"
              + " /.")
  private OutputPath output;

  @Option(
      names = "--max-tensors",
      paramLabel = "N",
      order = 2,
      description = "Largest number of tensors in a file (default: 128).")
  private Optional<Integer> maxTensors = Optional.empty();

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      order = 3,
      description = "Largest size of the tensors in a file, for example 500M or 2G (G is 1000M).")
  private Optional<ByteCount> maxSize = Optional.empty();

  @Option(
      names = "--no-tensor-first-split",
      order = 4,
      description = "Write metadata and no tensors to the first file.")
  private boolean noTensorFirstSplit;

  @Option(
      names = "--dry-run",
      order = 20,
      description = "Show what would be written, and write nothing.")
  private boolean dryRun;

  @Mixin private OutputFileOptions outputFiles;

  @Override
  protected ExitCode run(Console console) throws IOException, InterruptedException {
    SplitLimit limit = limit();
    Path prefix =
        switch (output) {
          case OutputPath.Named(Path path) -> path;
          case OutputPath.InFolder(Path folder) -> folder.resolve(OutputName.stem(input));
        };
    try (GgufFile model = GgufFile.open(input)) {
      SplitPlan plan = plan(model, limit);
      requireOtherFiles(model.files(), plan.files(prefix));
      for (TensorSpec tensor : plan.oversized()) {
        console.note(
            "tensor '%s' (%s) is larger than --max-size and gets a file of its own"
                .formatted(tensor.name(), Sizes.bytes(tensor.bytes())));
      }
      if (dryRun) {
        report(SplitReport.planned(prefix, plan), console);
        return ExitCode.OK;
      }
      output.makeFolder();
      long start = System.nanoTime();
      new ModelOutput(plan.files(prefix), plan.fileSet(), Map.of())
          .write(
              outputFiles.policy(),
              ModelOutput.identity(model.files()),
              console,
              (sink, progress) -> TensorCopy.run(model, plan.fileSet().tensors(), sink, progress));
      Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
      report(SplitReport.done(prefix, plan, elapsed), console);
    }
    return ExitCode.OK;
  }

  private SplitLimit limit() {
    if (maxTensors.isPresent() && maxSize.isPresent()) {
      throw usageError("--max-tensors and --max-size cannot be combined: give one of them");
    }
    if (maxTensors.isPresent()) {
      if (maxTensors.get() < 1) {
        throw usageError("--max-tensors is " + maxTensors.get() + ", expected 1 or more");
      }
      return new SplitLimit.MostTensors(maxTensors.get());
    }
    return maxSize.isPresent()
        ? new SplitLimit.MostBytes(maxSize.get().bytes())
        : SplitLimit.MostTensors.USUAL;
  }

  private SplitPlan plan(GgufFile model, SplitLimit limit) {
    try {
      return SplitPlan.of(
          model.metadata(),
          SplitPlan.specs(model),
          limit,
          noTensorFirstSplit ? FirstFile.METADATA_ONLY : FirstFile.METADATA_AND_TENSORS);
    } catch (IllegalArgumentException e) {
      throw usageError(Optional.ofNullable(e.getMessage()).orElse("cannot be split"));
    }
  }

  private void report(SplitReport report, Console console) {
    if (json()) {
      console.json(report);
    } else {
      report.print(console);
    }
  }
}
