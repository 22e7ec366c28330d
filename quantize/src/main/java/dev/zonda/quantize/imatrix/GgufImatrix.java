package dev.zonda.quantize.imatrix;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// An importance matrix in GGUF: for each tensor the sums of squares (`NAME.in_sum2`, a row for
/// each matrix) and how many activations went into them (`NAME.counts`, one for each matrix).
final class GgufImatrix {
  private static final int MAGIC = 0x46554747;
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";
  private static final String DATASETS_KEY = "imatrix.datasets";
  private static final String CHUNKS_KEY = "imatrix.chunk_count";
  private static final String CHUNK_SIZE_KEY = "imatrix.chunk_size";
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GgufImatrix() {}

  static boolean isGguf(MappedFile file) throws IOException {
    return file.size() >= Integer.BYTES && file.cursor(Integer.BYTES).i32("magic") == MAGIC;
  }

  static ImportanceMatrix read(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      Metadata metadata = file.metadata();
      OptionalLong chunks = metadata.integer(CHUNKS_KEY);
      List<MetadataValue> datasets = metadata.array(DATASETS_KEY).orElse(List.of());
      if (chunks.isEmpty()
          || metadata.get(DATASETS_KEY).isEmpty()
          || metadata.get(CHUNK_SIZE_KEY).isEmpty()) {
        throw FormatException.in(
            path,
            "is no importance matrix: it lacks %s, %s or %s"
                .formatted(DATASETS_KEY, CHUNKS_KEY, CHUNK_SIZE_KEY));
      }
      TreeMap<String, float[]> weights = new TreeMap<>();
      for (TensorInfo tensor : file.tensors()) {
        if (tensor.name().endsWith(SUMS)) {
          String name = tensor.name().substring(0, tensor.name().length() - SUMS.length());
          weights.put(name, weights(file, tensor, name));
        } else if (tensor.name().endsWith(COUNTS)) {
          String name = tensor.name().substring(0, tensor.name().length() - COUNTS.length());
          find(file, name + SUMS);
        }
      }
      if (weights.isEmpty()) {
        throw FormatException.in(path, "is no importance matrix: no tensor is named …" + SUMS);
      }
      Optional<String> dataset =
          datasets.stream()
              .flatMap(value ->
                  value instanceof MetadataValue.Text(String text)
                      ? Optional.of(text).stream()
                      : Optional.<String>empty().stream())
              .findFirst();
      return new ImportanceMatrix(path, weights, dataset, chunks.getAsLong());
    }
  }

  private static float[] weights(GgufFile file, TensorInfo sumsInfo, String name)
      throws FormatException {
    float[] weights = floats(file, sumsInfo);
    float[] counts = floats(file, find(file, name + COUNTS));
    if (counts.length == 0 || weights.length % counts.length != 0) {
      throw FormatException.in(
          file.path(),
          "'%s' has %d sums and %d counts".formatted(name, weights.length, counts.length));
    }
    int columns = weights.length / counts.length;
    for (int i = 0; i < weights.length; i++) {
      float count = roundedToInteger(counts[i / columns]);
      // Experts that were never asked: all columns alike.
      weights[i] = count > 0 ? weights[i] / count : 1;
    }
    return weights;
  }

  /// As `lround` has it: half away from zero. Counts are not negative.
  private static float roundedToInteger(float count) {
    return (float) (long) (count + 0.5);
  }

  private static TensorInfo find(GgufFile file, String name) throws FormatException {
    return file.find(name)
        .orElseThrow(() -> FormatException.in(file.path(), "tensor '" + name + "' is missing"));
  }

  private static float[] floats(GgufFile file, TensorInfo tensor) throws FormatException {
    if (tensor.type() != TensorType.F32) {
      throw FormatException.in(
          file.path(),
          "tensor '%s' is of type %s, expected F32".formatted(tensor.name(), tensor.type()));
    }
    return file.data(tensor).toArray(FLOAT);
  }
}
