package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import dev.zonda.quantize.block.Importance;
import java.util.List;
import java.util.Objects;

/// One tensor's way from a model into a file.
///
/// @param source a tensor of the model
/// @param target what it becomes: its type, and its place in the file
/// @param importance of the columns: one for the whole tensor, or one for each matrix of a stack
public record TensorTask(TensorInfo source, TensorInfo target, List<Importance> importance) {
  /// @throws IllegalArgumentException if the two differ in rows or row length, or if there is
  ///   neither one importance nor one for each matrix
  public TensorTask {
    Objects.requireNonNull(source);
    importance = List.copyOf(importance);
    if (source.shape().rows() != target.shape().rows()
        || source.shape().rowLength() != target.shape().rowLength()) {
      throw new IllegalArgumentException(
          "tensor '%s' has shape %s, its target %s"
              .formatted(source.name(), source.shape(), target.shape()));
    }
    if (importance.size() != 1 && importance.size() != matrices(source)) {
      throw new IllegalArgumentException(
          "tensor '%s' has %d matrices, but importances for %d"
              .formatted(source.name(), matrices(source), importance.size()));
    }
  }

  /// A task without importance weights.
  public static TensorTask of(TensorInfo source, TensorInfo target) {
    return new TensorTask(source, target, List.of(Importance.NONE));
  }

  /// Whether the bytes stay the same.
  public boolean isCopy() {
    return source.type() == target.type();
  }

  /// Whether values pass through floats: not if plain ones are copied.
  boolean isDecoded() {
    return !isCopy() || source.type().isQuantized();
  }

  /// Consecutive rows that share their importance.
  long rowsPerImportance() {
    return importance.size() == 1
        ? source.shape().rows()
        : source.shape().rows() / importance.size();
  }

  private static long matrices(TensorInfo tensor) {
    int rank = tensor.shape().rank();
    long rowsPerMatrix = rank < 2 ? 1 : tensor.shape().dimension(rank - 2);
    return rowsPerMatrix == 0 ? 0 : tensor.shape().rows() / rowsPerMatrix;
  }
}
