package dev.zonda.quantize.imatrix;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.quantize.block.Importance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/// The weights of the columns of a model's tensors: mean squares of the activations that met them.
/// Immutable.
public final class ImportanceMatrix {
  private final Path file;
  private final SequencedMap<String, float[]> weights;
  private final Optional<String> dataset;
  private final long chunks;

  /// @param weights for each tensor name, the weights of all its matrices' columns
  ImportanceMatrix(
      Path file, SequencedMap<String, float[]> weights, Optional<String> dataset, long chunks) {
    this.file = file;
    this.weights = Collections.unmodifiableSequencedMap(weights);
    this.dataset = dataset;
    this.chunks = chunks;
  }

  /// Reads a matrix as llama-imatrix writes it: a GGUF file, or the older `.dat`.
  ///
  /// @throws FormatException if it is neither, or if a weight is negative or not finite
  public static ImportanceMatrix read(Path file) throws IOException {
    ImportanceMatrix matrix;
    try (MappedFile mapped = MappedFile.open(file)) {
      matrix = GgufImatrix.isGguf(mapped) ? GgufImatrix.read(file) : LegacyImatrix.read(mapped);
    }
    for (var entry : matrix.weights.entrySet()) {
      float[] values = entry.getValue();
      for (int i = 0; i < values.length; i++) {
        if (!(values[i] >= 0) || values[i] == Float.POSITIVE_INFINITY) {
          throw FormatException.in(
              file,
              "weight %d of '%s' is %s, expected a finite number of at least 0"
                  .formatted(i, entry.getKey(), values[i]));
        }
      }
    }
    return matrix;
  }

  /// The file that it was read from, as it was named.
  public Path file() {
    return file;
  }

  /// The first text that it was measured on, if the file tells.
  public Optional<String> dataset() {
    return dataset;
  }

  /// How many pieces of text it was measured on; 0 if the file does not tell.
  public long chunks() {
    return chunks;
  }

  /// Number of tensors that have weights.
  public int size() {
    return weights.size();
  }

  /// The weights of the tensors whose names satisfy a condition.
  public ImportanceMatrix filtered(Predicate<String> names) {
    SequencedMap<String, float[]> kept = new TreeMap<>(weights);
    kept.keySet().removeIf(names.negate());
    return new ImportanceMatrix(file, kept, dataset, chunks);
  }

  /// The same weights, with 1 in place of every 0.
  public ImportanceMatrix withoutZeros() {
    SequencedMap<String, float[]> filled = new TreeMap<>();
    weights.forEach((name, values) -> {
      float[] copy = values.clone();
      for (int i = 0; i < copy.length; i++) {
        copy[i] = copy[i] == 0 ? 1 : copy[i];
      }
      filled.put(name, copy);
    });
    return new ImportanceMatrix(file, filled, dataset, chunks);
  }

  /// The weights of each matrix of a tensor, in order; empty if there are none.
  ///
  /// @param name under which the tensor's weights are stored
  /// @throws FormatException if there are not as many weights as columns in all its matrices
  public List<Importance> of(TensorInfo tensor, String name) throws FormatException {
    float[] all = weights.get(name);
    if (all == null) {
      return List.of();
    }
    long rowLength = tensor.shape().rowLength();
    long matrices = matrices(tensor);
    if (rowLength == 0 || all.length != rowLength * matrices) {
      throw FormatException.in(
          file,
          "has %d weights for '%s', which has %d matrices of %d columns: was it measured on this"
                  .formatted(all.length, name, matrices, rowLength)
              + " model?");
    }
    List<Importance> importance = new ArrayList<>();
    for (int from = 0; from < all.length; from += (int) rowLength) {
      importance.add(new Importance.Columns(Arrays.copyOfRange(all, from, from + (int) rowLength)));
    }
    return importance;
  }

  private static long matrices(TensorInfo tensor) {
    long matrices = 1;
    for (int i = 0; i < tensor.shape().rank() - 2; i++) {
      matrices *= tensor.shape().dimension(i);
    }
    return matrices;
  }
}
