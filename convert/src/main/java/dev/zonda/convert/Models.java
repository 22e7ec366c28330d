package dev.zonda.convert;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.io.Links;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// Opens models for use, whatever they are stored in.
public final class Models {
  private static final Pattern WEIGHTS =
      Pattern.compile("\\.(safetensors|bin|pt|pth|safetensors\\.index\\.json)$");

  private Models() {}

  /// Opens a GGUF file, or a checkpoint folder (also in an archive) as a GGUF model with the very
  /// values of the checkpoint, whatever their type.
  ///
  /// @throws FormatException if it is neither, or broken
  public static GgufModel open(Path path) throws IOException {
    return open(path, Links.WITHIN);
  }

  /// Opens a model as [#open(Path)] does.
  ///
  /// @param links which symbolic links are followed
  public static GgufModel open(Path path, Links links) throws IOException {
    requireModel(path);
    return Checkpoints.isGguf(path)
        ? GgufFile.open(path)
        : Conversion.open(path, ConversionOptions.FOR_EVALUATION.with(links));
  }

  /// Fails if what a path leads to cannot be a whole model.
  ///
  /// @throws FormatException if it is a file of weights without the folder that belongs to it, or
  ///   no model at all
  public static void requireModel(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Checkpoints.isGguf(path) || CheckpointFolder.isAt(path)) {
      return;
    }
    throw FormatException.in(
        path,
        WEIGHTS.matcher(path.toString()).find()
            ? "holds only weights: give the folder that it lies in"
            : "is neither a GGUF file nor a checkpoint folder nor an archive of one");
  }
}
