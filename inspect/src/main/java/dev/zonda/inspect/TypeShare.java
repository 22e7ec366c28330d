package dev.zonda.inspect;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// How much of a model one tensor type makes up.
///
/// @param type the type
/// @param tensors how many there are
/// @param parameters values in all of them
/// @param bytes of their data
public record TypeShare(TensorType type, long tensors, long parameters, long bytes) {

  /// The shares of all types that occur, the one with most bytes first.
  static List<TypeShare> of(List<TensorInfo> tensors) {
    Map<TensorType, TypeShare> shares = new EnumMap<>(TensorType.class);
    for (TensorInfo tensor : tensors) {
      shares.merge(
          tensor.type(),
          new TypeShare(tensor.type(), 1, tensor.shape().elements(), tensor.bytes()),
          TypeShare::plus);
    }
    return shares.values().stream()
        .sorted(Comparator.comparingLong(TypeShare::bytes).reversed())
        .toList();
  }

  private TypeShare plus(TypeShare other) {
    return new TypeShare(
        type,
        tensors + other.tensors,
        Math.addExact(parameters, other.parameters),
        Math.addExact(bytes, other.bytes));
  }
}
