package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.formats.torch.TorchFile;
import java.io.IOException;

/// Opens one file of a checkpoint folder's weights.
final class WeightFile {
  private WeightFile() {}

  /// What begins as PyTorch files do is one, unless its name says that it is a safetensors file;
  /// names alone do not tell, since `.bin` and `.pt` are used for much.
  ///
  /// @param file closes with the checkpoint, and on errors
  static Checkpoint open(InputFile file) throws IOException {
    try {
      return !file.path().toString().endsWith(".safetensors") && TorchFile.matches(file)
          ? TorchFile.of(file)
          : SafetensorsFile.of(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }
}
