package dev.zonda.cli;

import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Chunks;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The text that models are measured on. Mix it in with `@Mixin`.
final class TextOptions {
  @Option(
      names = {"-f", "--file"},
      paramLabel = "TEXT",
      required = true,
      order = 1,
      description = "The text to measure on, in UTF-8; the second half of each chunk is scored.")
  private Path file;

  @Mixin private ChunkOptions chunks;

  /// The text as a model's tokens, in chunks.
  Chunks chunks(GgufModel model) throws IOException {
    return chunks.chunks(file, model);
  }

  Path file() {
    return file;
  }

  int context() {
    return chunks.context();
  }
}
