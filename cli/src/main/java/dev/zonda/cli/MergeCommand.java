package dev.zonda.cli;

import dev.zonda.cli.options.OutputFileOptions;
import dev.zonda.cli.options.OutputPath;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.SplitPlan;
import dev.zonda.formats.output.FileSet;
import dev.zonda.quantize.TensorCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda merge`: joins the files of a split model, as llama-gguf-split does.
@Command(
    name = "merge",
    description = {
      "Join the files of a split GGUF model.",
      "",
      "The other commands read split models as they are; merge them for programs that cannot."
    },
    footer = {
      "",
      "Examples:",
      "  zonda merge model-00001-of-00003.gguf -o model.gguf",
      "  zonda merge model-00001-of-00003.gguf -o model.gguf \\",
      "    --dry-run --force"
    })
final class MergeCommand extends ZondaCommand {
  @Parameters(
      paramLabel = "FIRST.gguf",
      description = "The first file, …-00001-of-0000N.gguf; the others must be in the same folder.")
  private Path input;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT.gguf",
      required = true,
      order = 1,
      description = "File to write, or a folder for it.")
  private OutputPath target;

  @Option(
      names = "--dry-run",
      order = 20,
      description = "Show what would be written, and write nothing.")
  private boolean dryRun;

  @Mixin private OutputFileOptions outputFiles;

  /// What a merge did or would do.
  ///
  /// @param output the file
  /// @param bytes its size
  /// @param tensors number in it
  /// @param inputs the files that it is made of
  /// @param seconds that it took; empty if it was only planned
  record Report(
      String output, long bytes, int tensors, List<String> inputs, Optional<Double> seconds) {}

  @Override
  protected ExitCode run(Console console) throws IOException, InterruptedException {
    Path output = target.file(OutputName.stem(input) + ".gguf");
    try (GgufFile model = GgufFile.open(input)) {
      requireOtherFiles(model.files(), List.of(output));
      GgufLayout layout = SplitPlan.merged(model);
      Optional<Double> seconds = Optional.empty();
      if (!dryRun) {
        target.makeFolder();
        long start = System.nanoTime();
        new ModelOutput(List.of(output), FileSet.of(layout), Map.of())
            .write(
                outputFiles.policy(),
                ModelOutput.identity(model.files()),
                console,
                (sink, progress) -> TensorCopy.run(model, layout.tensors(), sink, progress));
        seconds = Optional.of(Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0);
      }
      report(
          new Report(
              output.toString(),
              layout.fileBytes(),
              layout.tensors().size(),
              model.files().stream().map(Path::toString).toList(),
              seconds),
          console);
    }
    return ExitCode.OK;
  }

  private void report(Report report, Console console) {
    if (json()) {
      console.json(report);
      return;
    }
    console.line(
        "%s %s: %d tensors of %d %s, %s%s"
            .formatted(
                report.seconds().isEmpty() ? "would write" : "wrote",
                report.output(),
                report.tensors(),
                report.inputs().size(),
                report.inputs().size() == 1 ? "file" : "files",
                Sizes.bytes(report.bytes()),
                report.seconds().map(s -> ", in " + Sizes.decimals(s, 1) + " s").orElse("")));
  }
}
