package dev.zonda.cli.reports;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How large a model is as it is stored.
///
/// @param bytes of its files
/// @param bitsPerWeight of all tensors together
public record ModelSize(long bytes, double bitsPerWeight) {
  public static ModelSize of(GgufModel model) throws IOException {
    long bytes = 0;
    for (Path file : model.files()) {
      bytes = Math.addExact(bytes, Files.size(file));
    }
    long weights =
        model.tensors().stream().map(TensorInfo::shape).mapToLong(s -> s.elements()).sum();
    return new ModelSize(bytes, 8.0 * model.storedBytes() / Math.max(1, weights));
  }
}
