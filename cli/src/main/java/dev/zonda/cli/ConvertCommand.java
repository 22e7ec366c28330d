package dev.zonda.cli;

import dev.zonda.cli.options.ConversionType;
import dev.zonda.cli.options.FolderOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda convert`: a downloaded checkpoint folder becomes a GGUF file, quantized on the way if
/// wanted.
@Command(
    name = "convert",
    description = {
      "Turn a downloaded model into a GGUF file.",
      "",
      "The folder is one from Hugging Face: config.json, safetensors, a tokenizer. Each type gives"
          + " the file that llama.cpp's converter and llama-quantize would make of it. A GGUF file"
          + " is quantized, as by zonda quantize."
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
          "What to make of it: auto keeps the model's 16-bit type (the default), F32, F16, BF16,"
              + " or a quantized type such as Q4_K_M.")
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
