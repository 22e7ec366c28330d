package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.Checkpoints;
import dev.zonda.inspect.Inspection;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
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
          "A GGUF file (of a split one the first), a safetensors or PyTorch file, a folder, or a"
              + " tar or zip archive of one.")
  private Path path;

  @Option(names = "--tensors", order = 1, description = "List the tensors.")
  private boolean tensors;

  @Option(names = "--metadata", order = 2, description = "List the metadata.")
  private boolean metadata;

  @Option(names = "--hash", order = 3, description = "Compute the SHA-256 of the files.")
  private boolean hash;

  @Override
  protected ExitCode run(Console console) throws IOException {
    Inspection inspection = inspect();
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

  private Inspection inspect() throws IOException {
    if (CheckpointFolder.isAt(path)) {
      try (CheckpointFolder folder = CheckpointFolder.open(path)) {
        return Inspection.of(folder);
      }
    }
    try (Checkpoint file = Checkpoints.open(path)) {
      return Inspection.of(file);
    }
  }
}
