package dev.zonda.cli;

import dev.zonda.cli.options.LinksOption;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.reports.InspectionJson;
import dev.zonda.cli.reports.InspectionTables;
import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.inspect.Inspection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Show what is in a model's file or folder.",
    footer = {
      "",
      "Examples:",
      "  zonda inspect model.gguf",
      "  zonda inspect my-model/ --tensors",
      "  zonda inspect model.gguf --json"
    })
final class InspectCommand extends ZondaCommand {
  @Parameters(
      paramLabel = "FILE|DIR",
      description =
          "A GGUF file (the first file of a split model), a safetensors or PyTorch file, a folder,"
              + " or a tar or zip archive of a folder.")
  private Path path;

  @Option(names = "--tensors", order = 1, description = "List the tensors.")
  private boolean tensors;

  @Option(names = "--metadata", order = 2, description = "List the metadata.")
  private boolean metadata;

  @Option(names = "--hash", order = 3, description = "Compute the SHA-256 of the files.")
  private boolean hash;

  @Mixin private LinksOption links;

  @Override
  protected ExitCode run(Console console) throws IOException {
    links.requireFolder(List.of(path));
    Inspection inspection = inspect(console);
    if (hash) {
      inspection = inspection.hashed(console.progress());
    }
    if (json()) {
      console.json(InspectionJson.of(inspection));
      return ExitCode.OK;
    }
    InspectionTables.summary(inspection, console);
    if (metadata) {
      console.gap();
      console.table(InspectionTables.metadata(inspection));
    }
    if (tensors) {
      console.gap();
      console.table(InspectionTables.tensors(inspection));
    }
    return ExitCode.OK;
  }

  private Inspection inspect(Console console) throws IOException {
    if (CheckpointFolder.isAt(path)) {
      return inspectFolder(console);
    }
    try (Checkpoint file =
        Checkpoints.isGguf(path) ? GgufFile.openPresent(path) : Checkpoints.open(path)) {
      return Inspection.of(file);
    }
  }

  /// What cannot be converted is shown as it is stored.
  private Inspection inspectFolder(Console console) throws IOException {
    String why;
    try (Blueprint model = Conversion.open(path, ConversionOptions.DEFAULT.with(links.links()))) {
      return Inspection.of(model.folder()).with(model);
    } catch (FormatException e) {
      why = e.getMessage();
    }
    try (CheckpointFolder folder = CheckpointFolder.open(path, links.links())) {
      Inspection inspection = Inspection.of(folder);
      if (inspection.configuration().isPresent()) {
        console.note("the folder is shown as it is stored, because it cannot be converted: " + why);
      }
      return inspection;
    }
  }
}
