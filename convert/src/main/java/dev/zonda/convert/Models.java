package dev.zonda.convert;

import dev.zonda.formats.Checkpoints;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Opens models for use, whatever they lie in.
public final class Models {
  private Models() {}

  /// Opens a GGUF file, or a checkpoint folder (also in an archive) as a GGUF model with the very
  /// values of the checkpoint, whatever they are stored in.
  ///
  /// @throws FormatException if it is neither, or a broken one
  public static GgufModel open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    return Checkpoints.isGguf(path)
        ? GgufFile.open(path)
        : Conversion.open(path, ConversionOptions.FOR_EVALUATION);
  }
}
