package dev.zonda.verify.evaluation;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.architectures.Architectures;
import dev.zonda.verify.kernels.MatrixProduct;
import dev.zonda.verify.network.Network;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// What is to be evaluated, as far as memory and batches follow from it. Made without reading a
/// weight.
///
/// @param models that are evaluated side by side
/// @param networks of the models
/// @param runs how many sequences come at a time, one run after the other: no batch has sequences
///   of two
/// @param length tokens of each sequence
/// @param held what the measurement itself takes
public record Workload(
    List<GgufModel> models, List<Network> networks, List<Integer> runs, int length, Held held) {

  /// What a measurement takes besides activations and logits.
  ///
  /// @param bytes from its beginning to its end
  /// @param perSequence while a sequence is in work
  /// @param perThread for each thread
  public record Held(long bytes, long perSequence, long perThread) {}

  public Workload {
    models = List.copyOf(models);
    networks = List.copyOf(networks);
    runs = List.copyOf(runs);
  }

  /// All sequences at once, for a measurement that takes nothing.
  ///
  /// @throws FormatException if a model is none that can be evaluated
  public static Workload of(List<GgufModel> models, int sequences, int length)
      throws FormatException {
    List<Network> networks = new ArrayList<>();
    for (GgufModel model : models) {
      networks.add(Architectures.network(model));
    }
    return new Workload(models, networks, List.of(sequences), length, new Held(0, 0, 0));
  }

  public Workload in(List<Integer> someRuns) {
    return new Workload(models, networks, someRuns, length, held);
  }

  public Workload holding(Held some) {
    return new Workload(models, networks, runs, length, some);
  }

  /// Sequences of the largest run.
  int largestRun() {
    return Collections.max(runs);
  }

  /// Tokens of the largest vocabulary.
  public int vocabulary() {
    return networks.stream().mapToInt(Network::vocabulary).max().orElseThrow();
  }

  /// Bytes that a thread takes for the weights that it is working on.
  long weightScratch() {
    long most = 0;
    for (GgufModel model : models) {
      for (TensorInfo tensor : model.tensors()) {
        most = Math.max(most, MatrixProduct.scratchBytes(tensor.shape().rows(), tensor.rowBytes()));
      }
    }
    return most;
  }

  /// Bytes of the weights that are read once and kept: norms and biases.
  long keptWeights() {
    return models.stream()
        .flatMap(model -> model.tensors().stream())
        .filter(tensor -> tensor.shape().rank() == 1 || tensor.name().endsWith(".bias"))
        .map(TensorInfo::shape)
        .mapToLong(Shape::elements)
        .map(elements -> Math.multiplyExact(elements, Float.BYTES))
        .reduce(0, Math::addExact);
  }
}
