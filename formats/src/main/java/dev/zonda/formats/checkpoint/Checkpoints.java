package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/// Opens weights, whatever file or folder they are in.
public final class Checkpoints {
  private static final byte[] GGUF = "GGUF".getBytes(StandardCharsets.US_ASCII);

  private Checkpoints() {}

  /// Opens a GGUF file, a safetensors or PyTorch file, the index of several, or a checkpoint
  /// folder.
  ///
  /// @throws FormatException if it is none of these, or is broken
  public static Checkpoint open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Files.isDirectory(path)) {
      return CheckpointFolder.open(path).weights();
    }
    if (isGguf(path)) {
      return GgufFile.open(path);
    }
    return path.toString().endsWith(".json")
        ? ShardedCheckpoint.open(path)
        : WeightFile.open(MappedFile.open(path));
  }

  /// Whether a file begins as GGUF files do; its name does not matter.
  public static boolean isGguf(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(GGUF.length), GGUF);
    }
  }
}
