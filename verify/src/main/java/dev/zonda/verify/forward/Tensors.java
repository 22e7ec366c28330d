package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Finds a network's tensors by their GGUF names and checks their shapes. Values are read by
/// [#load], when all tensors are found to be right.
final class Tensors {
  /// Values of a tensor that are held: more than any published model's norms and biases have.
  private static final long MAX_VECTOR = 1 << 28;

  private final GgufModel model;
  private final Set<String> found = new HashSet<>();
  private final Map<String, Vector> vectors = new LinkedHashMap<>();
  private final Map<String, NormWeights> norms = new HashMap<>();
  private final Map<Integer, NormWeights> unweighted = new HashMap<>();

  @SuppressWarnings("ArrayRecordComponent") // A place for values, never compared.
  private record Vector(WeightMatrix source, float[] values) {}

  Tensors(GgufModel model) {
    this.model = model;
  }

  boolean has(String name) {
    return model.find(name).isPresent();
  }

  /// A tensor as a matrix: all its dimensions but the last together are the rows.
  WeightMatrix matrix(String name, long... dimensions) throws FormatException {
    TensorInfo tensor = model.find(name).orElseThrow(() -> error("has no tensor '" + name + "'"));
    Shape expected = Shape.of(dimensions);
    if (!tensor.shape().withoutOuterOnes().equals(expected.withoutOuterOnes())) {
      throw error(
          "tensor '%s' has shape %s, expected %s".formatted(name, tensor.shape(), expected));
    }
    if (expected.rows() > Integer.MAX_VALUE) {
      throw error("tensor '%s' has %d rows, which is too many".formatted(name, expected.rows()));
    }
    found.add(name);
    return new WeightMatrix(model, tensor);
  }

  /// The values of a small tensor, which are available after [#load]; every call returns the same
  /// array.
  float[] vector(String name, int... dimensions) throws FormatException {
    long[] expected = Arrays.stream(dimensions).asLongStream().toArray();
    WeightMatrix source = matrix(name, expected);
    long length = Shape.of(expected).elements();
    if (length > MAX_VECTOR) {
      throw error("tensor '%s' has %d values, which is too many".formatted(name, length));
    }
    return vectors.computeIfAbsent(name, _ -> new Vector(source, new float[(int) length])).values();
  }

  /// The values of a small tensor, or an empty array if there is no such tensor.
  float[] optionalVector(String name, int... dimensions) throws FormatException {
    return has(name) ? vector(name, dimensions) : new float[0];
  }

  /// A matrix `NAME.weight`, and `NAME.bias` if there is one.
  Linear linear(String name, int rows, int columns) throws FormatException {
    return new Linear(
        matrix(name + ".weight", rows, columns), optionalVector(name + ".bias", rows));
  }

  /// A norm `NAME.weight`, and `NAME.bias` if there is one; every call returns the same.
  NormWeights norm(String name, int features, Norm norm) throws FormatException {
    NormWeights known = norms.get(name);
    if (known == null) {
      known = newNorm(name, features, norm);
      norms.put(name, known);
    }
    return known;
  }

  private NormWeights newNorm(String name, int features, Norm norm) throws FormatException {
    if (norm.kind() == Norm.Kind.UNWEIGHTED_LAYER) {
      return unweighted.computeIfAbsent(features, _ -> NormWeights.unweighted(features, norm));
    }
    boolean hasBias = norm.kind() == Norm.Kind.LAYER && has(name + ".bias");
    // In some architectures GGUF's names of norms have no end.
    String weight = has(name) ? name : name + ".weight";
    float[] bias = hasBias ? vector(name + ".bias", features) : NormWeights.noBias(features, norm);
    return new NormWeights(norm, vector(weight, features), bias);
  }

  Optional<NormWeights> norm(Optional<String> name, String block, int features, Norm norm)
      throws FormatException {
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(norm(block + name.get(), features, norm));
  }

  /// Floats of all vectors of a model: norms, biases, and the zeros of layer norms that have none.
  static long vectorFloats(GgufModel model, Network network) {
    long floats = 0;
    for (TensorInfo tensor : model.tensors()) {
      if (network.isPassedOver(tensor.name())) {
        continue;
      }
      boolean isBias = tensor.name().endsWith(".bias");
      if (tensor.shape().rank() == 1 || isBias) {
        floats = Math.addExact(floats, tensor.shape().elements());
      }
      if (tensor.shape().rank() == 1
          && tensor.name().contains("norm")
          && !isBias
          && model.find(tensor.name().replaceFirst("weight$", "bias")).isEmpty()) {
        floats =
            Math.addExact(
                floats, NormWeights.biasFloats(tensor.shape().elements(), network.norm()));
      }
    }
    return floats;
  }

  /// A tensor that is left over would be silently ignored, and the result would not be the model's.
  void requireNoOthers(Network network) throws FormatException {
    for (TensorInfo tensor : model.tensors()) {
      if (!found.contains(tensor.name()) && !network.isPassedOver(tensor.name())) {
        throw error(
            "tensor '%s' is not used in the forward pass of this architecture"
                .formatted(tensor.name()));
      }
    }
  }

  /// Reads the values of all vectors.
  void load() throws IOException {
    for (Vector vector : vectors.values()) {
      vector.source().values(vector.values());
    }
  }

  private FormatException error(String problem) {
    return FormatException.in(Path.of(model.name()), problem);
  }
}
