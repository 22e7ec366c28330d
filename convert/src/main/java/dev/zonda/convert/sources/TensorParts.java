package dev.zonda.convert.sources;

import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The stored tensors of quantized matrices by their names: a matrix has several.
///
/// @param file to be named in messages
/// @param lastFile of the checkpoint's files that holds one of them
record TensorParts(Path file, Map<String, SourceTensor> byName, int lastFile) {
  static TensorParts of(Path file, List<SourceTensor> stored) {
    Map<String, SourceTensor> byName = new HashMap<>();
    stored.forEach(tensor -> byName.put(tensor.name(), tensor));
    int lastFile = stored.stream().mapToInt(SourceTensor::file).max().orElse(0);
    return new TensorParts(file, byName, lastFile);
  }

  Optional<SourceTensor> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /// A part without which another one means nothing.
  ///
  /// @param of that one's name
  SourceTensor required(String of, String name) throws FormatException {
    return find(name)
        .orElseThrow(() ->
            FormatException.in(
                file, "tensor '%s' needs '%s', which is missing".formatted(of, name)));
  }
}
