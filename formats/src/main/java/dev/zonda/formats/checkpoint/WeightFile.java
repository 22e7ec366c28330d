package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.formats.torch.TorchFile;
import java.io.IOException;

/// Opens one file of a checkpoint folder's weights.
final class WeightFile {
  private WeightFile() {}

  /// A file that begins like a PyTorch file is one, unless its name says that it is a safetensors
  /// file. Names alone do not tell, since `.bin` and `.pt` have many uses.
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
