package dev.zonda.cli;

import dev.zonda.cli.options.ConversionType;
import dev.zonda.cli.options.FolderOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda quantize`: makes a GGUF file smaller, as llama-quantize does.
@Command(
    name = "quantize",
    description = {
      "Make a GGUF file smaller.",
      "",
      "Each tensor gets the type that llama-quantize would choose, and the file has the same"
          + " bytes. Name the first file of a split model; the output is one file, or split in the"
          + " same way with --keep-split. A checkpoint folder is converted in the same pass, as"
          + " zonda convert does."
    },
    footer = {
      "",
      "Examples:",
      "  zonda quantize model-BF16.gguf -t Q4_K_M",
      "  zonda quantize model-BF16.gguf -t Q6_K -o small.gguf"
    })
final class QuantizeCommand extends QuantizingCommand {
  @Parameters(paramLabel = "IN.gguf", description = "The model, in 16-bit or 32-bit floats.")
  private Path input;

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      order = 2,
      description = "The type to write: Q4_K_M is a good start, Q8_0 is nearly lossless.")
  private Optional<ConversionType> type = Optional.empty();

  @Override
  protected Path input() {
    return input;
  }

  @Override
  protected Optional<ConversionType> givenType() {
    return type;
  }

  @Override
  protected FolderOptions folderOptions() {
    return new FolderOptions();
  }
}
