package dev.zonda.verify.divergence;

import dev.zonda.verify.forward.ActivationObserver;
import dev.zonda.verify.forward.TokenBatch;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.Network;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How far candidates' residual streams are from the reference's after each layer, on a sample of
/// the tokens: all tokens of all layers would not fit into memory.
final class LayerComparison {
  /// Values of the reference's stream that are sampled, 128 MiB of them. No more than those of one
  /// batch are kept at once.
  private static final long MAX_VALUES = 32L << 20;

  private final int layers;
  private final int hidden;
  private final int context;
  private final long stride;
  private final Map<Place, float[]> reference = new HashMap<>();
  private final List<Sums> candidates = new ArrayList<>();
  private List<Integer> chunks = List.of();
  private int firstSequence = -1;

  /// Bytes that the JVM takes for an entry of a map, with its key, and for the header of an array.
  private static final long PLACE_BYTES = 128;

  /// A token after a layer.
  private record Place(int layer, int chunk, int position) {}

  /// Sums of squares after each layer.
  @SuppressWarnings("ArrayRecordComponent") // Accumulators.
  private record Sums(double[] differences, double[] squares) {}

  /// Does something with a sampled token.
  @FunctionalInterface
  private interface Sampled {
    void at(Place place, float[] stream);
  }

  /// @param chunkCount how many will be compared
  /// @param context tokens of each
  LayerComparison(Network network, int chunkCount, int context) {
    this.layers = network.layers().size();
    this.hidden = network.hidden();
    this.context = context;
    this.stride = stride(network, chunkCount, context);
  }

  /// The distance between sampled tokens.
  private static long stride(Network network, int chunkCount, int context) {
    long values = Math.multiplyExact((long) network.layers().size(), network.hidden());
    long fitting = Math.max(1, MAX_VALUES / values);
    // Odd, so that no chunk has its tokens at the places of all others.
    return Math.ceilDiv((long) chunkCount * context, fitting) | 1;
  }

  /// Bytes that are kept of each chunk of a batch.
  static long bytesPerChunk(Network network, int chunkCount, int context) {
    long tokens = Math.ceilDiv(context, stride(network, chunkCount, context));
    long ofToken = Math.multiplyExact(network.hidden(), (long) Float.BYTES) + PLACE_BYTES;
    return Math.multiplyExact(tokens * network.layers().size(), ofToken);
  }

  /// Whether a model's streams can be compared with the reference's.
  boolean fits(Network network) {
    return network.layers().size() == layers && network.hidden() == hidden;
  }

  /// Starts the next batch.
  ///
  /// @param numbers of the chunks that are evaluated as sequences
  void begin(List<Integer> numbers) {
    chunks = numbers;
    firstSequence = -1;
  }

  /// Sees the reference, which goes before the candidates, batch by batch.
  ActivationObserver reference() {
    return new ActivationObserver() {
      @Override
      public void layer(int layer, TokenBatch batch, Activations residual) {
        if (batch.firstSequence() != firstSequence) {
          reference.clear();
          firstSequence = batch.firstSequence();
        }
        sample(layer, batch, residual, reference::put);
      }
    };
  }

  /// Sees the next candidate.
  ActivationObserver candidate() {
    Sums sums = new Sums(new double[layers], new double[layers]);
    candidates.add(sums);
    return new ActivationObserver() {
      @Override
      public void layer(int layer, TokenBatch batch, Activations residual) {
        sample(
            layer,
            batch,
            residual,
            (place, stream) -> {
              float[] theirs = reference.get(place);
              for (int f = 0; f < hidden; f++) {
                double difference = (double) stream[f] - theirs[f];
                sums.differences()[layer] += difference * difference;
                sums.squares()[layer] += (double) theirs[f] * theirs[f];
              }
            });
      }
    };
  }

  private void sample(int layer, TokenBatch batch, Activations residual, Sampled action) {
    for (int i = 0; i < batch.sequences().size(); i++) {
      int chunk = chunks.get(batch.firstSequence() + i);
      long first = (long) chunk * context;
      long next = Math.ceilDiv(first, stride) * stride;
      for (; next < first + context; next += stride) {
        int position = (int) (next - first);
        int strip = batch.sequences().get(i).firstStrip() + position / batch.lanes();
        float[] stream = new float[hidden];
        for (int f = 0; f < hidden; f++) {
          stream[f] = residual.values()[residual.at(strip, f) + position % batch.lanes()];
        }
        action.at(new Place(layer, chunk, position), stream);
      }
    }
  }

  /// For each layer, the length of the difference divided by the length of the reference's stream.
  ///
  /// @param candidate in the order of [#candidate]
  List<Double> relativeErrors(int candidate) {
    Sums sums = candidates.get(candidate);
    List<Double> errors = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      double square = sums.squares()[layer];
      errors.add(square == 0 ? 0 : Math.sqrt(sums.differences()[layer] / square));
    }
    return errors;
  }
}
