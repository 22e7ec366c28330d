package dev.zonda.cli;

import dev.zonda.cli.options.ConversionType;
import dev.zonda.cli.options.FolderOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda convert`: converts a downloaded checkpoint folder to a GGUF file, and quantizes it if the
/// type asks for that.
@Command(
    name = "convert",
    description = {
      "Turn a downloaded model into a GGUF file.",
      "",
      "The folder comes from Hugging Face: config.json, safetensors files, a tokenizer. The output"
          + " is the file that llama.cpp's converter and llama-quantize would write. A GGUF file"
          + " is quantized, as zonda quantize does."
    },
    footer = {
      "",
      "Examples:",
      "  zonda convert my-model/ -t Q4_K_M",
      "  zonda convert my-model/ -o model.gguf --dry-run"
    })
final class ConvertCommand extends QuantizingCommand {
  @Parameters(
      paramLabel = "MODEL_DIR",
      description = "The folder of the model, or a tar or zip archive of it.")
  private Path input;

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      order = 2,
      description =
          "The type to write: auto (the default) keeps the model's 16-bit type; otherwise F32,"
              + " F16, BF16, or a quantized type such as Q4_K_M.")
  private Optional<ConversionType> type = Optional.empty();

  @Mixin private FolderOptions folderOptions;

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
    return folderOptions;
  }
}
