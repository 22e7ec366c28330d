package dev.zonda.verify.evaluation;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.architectures.Architectures;
import dev.zonda.verify.forward.Decoder;
import dev.zonda.verify.kernels.MatrixProduct;
import dev.zonda.verify.network.Network;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/// What is to be evaluated, with all that decides on memory and batches. Made without reading a
/// weight.
///
/// @param models that are evaluated side by side, each described once
/// @param runs how many sequences come at a time, one run after the other; no batch has sequences
///   of two runs
/// @param length tokens of each sequence
/// @param held memory of the measurement itself
public record Workload(List<Described> models, List<Integer> runs, int length, Held held) {
  /// Tensors of which rows are read for tokens.
  private static final Set<String> TABLES = Set.of(Network.EMBEDDING, Network.POSITIONS);

  /// A model, and the network that its metadata describe.
  public record Described(GgufModel model, Network network) {}

  /// Memory that a measurement takes besides activations and logits.
  ///
  /// @param bytes from its beginning to its end
  /// @param perSequence while a sequence is in work
  /// @param perThread for each thread
  public record Held(long bytes, long perSequence, long perThread) {}

  public Workload {
    models = List.copyOf(models);
    runs = List.copyOf(runs);
  }

  /// All sequences at once, for a measurement that takes no memory of its own.
  ///
  /// @throws FormatException if a model cannot be evaluated
  public static Workload of(List<GgufModel> models, int sequences, int length)
      throws FormatException {
    List<Described> described = new ArrayList<>();
    for (GgufModel model : models) {
      described.add(new Described(model, Architectures.network(model)));
    }
    return new Workload(described, List.of(sequences), length, new Held(0, 0, 0));
  }

  public Workload in(List<Integer> someRuns) {
    return new Workload(models, someRuns, length, held);
  }

  public Workload holding(Held some) {
    return new Workload(models, runs, length, some);
  }

  /// The only model, or the first one.
  public GgufModel model() {
    return models.getFirst().model();
  }

  /// The networks of the models.
  public List<Network> networks() {
    return models.stream().map(Described::network).toList();
  }

  /// @throws IllegalArgumentException if the sequences are not one of the runs, so that the plan is
  ///   not for them
  void requireRun(List<int[]> sequences) {
    if (!runs.contains(sequences.size())
        || sequences.stream().anyMatch(sequence -> sequence.length != length)) {
      throw new IllegalArgumentException(
          "%d sequences in a plan for runs of %s with %d tokens each"
              .formatted(sequences.size(), runs, length));
    }
  }

  /// Sequences of the largest run.
  int largestRun() {
    return Collections.max(runs);
  }

  /// Tokens of the largest vocabulary.
  public int vocabulary() {
    return models.stream()
        .map(Described::network)
        .mapToInt(Network::vocabulary)
        .max()
        .orElseThrow();
  }

  /// Bytes that a thread takes for the weights that it is working on: a block of a matrix, and the
  /// row of a token.
  long weightScratch() {
    long block = 0;
    long row = 0;
    for (Described described : models) {
      for (TensorInfo tensor : described.model().tensors()) {
        long rowBytes = tensor.rowBytes();
        block = Math.max(block, MatrixProduct.scratchBytes(tensor.shape().rows(), rowBytes));
        if (TABLES.contains(tensor.name())) {
          row = Math.max(row, rowBytes);
        }
      }
    }
    return block + row;
  }

  /// Bytes of the weights that are read once and kept: norms and biases.
  long keptWeights() {
    return models.stream()
        .mapToLong(described -> Decoder.heldFloats(described.model(), described.network()))
        .map(floats -> Math.multiplyExact(floats, Float.BYTES))
        .reduce(0, Math::addExact);
  }
}
