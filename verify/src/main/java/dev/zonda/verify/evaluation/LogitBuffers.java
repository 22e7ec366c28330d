package dev.zonda.verify.evaluation;

import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.Network;
import java.util.List;

/// Memory for the logits of some strips, used for one group of strips after another: allocated each
/// time, it would be most of the heap.
final class LogitBuffers {
  private final int strips;
  private final int lanes;
  private final List<float[]> features;
  private final List<float[]> logits;
  private final float[][][] rows;

  /// @param networks of the models
  /// @param strips of the largest group
  /// @param workers threads that turn strips into rows
  LogitBuffers(List<Network> networks, int strips, int workers, int lanes) {
    this.strips = strips;
    this.lanes = lanes;
    this.features = networks.stream().map(network -> floats(network.hidden(), strips)).toList();
    this.logits = networks.stream().map(network -> floats(network.vocabulary(), strips)).toList();
    this.rows = new float[workers][networks.size()][];
    for (float[][] ofWorker : rows) {
      for (int i = 0; i < ofWorker.length; i++) {
        ofWorker[i] = floats(networks.get(i).vocabulary(), 1);
      }
    }
  }

  private float[] floats(int featureCount, int stripCount) {
    return new float[Math.multiplyExact(Math.multiplyExact(featureCount, stripCount), lanes)];
  }

  /// Strips that there is memory for.
  int strips() {
    return strips;
  }

  /// The activations that a model's logits are computed from; initially arbitrary values.
  Activations features(int model, int count) {
    return on(features.get(model), count);
  }

  /// A model's logits; initially arbitrary values.
  Activations logits(int model, int count) {
    return on(logits.get(model), count);
  }

  /// For each model the logits of each token of a strip, one token after the other.
  float[][] rows(int worker) {
    return rows[worker];
  }

  private Activations on(float[] memory, int count) {
    if (count > strips) {
      throw new IllegalArgumentException(count + " strips in memory for " + strips);
    }
    int size = memory.length / strips / lanes;
    return new Activations(memory, 0, count, size, size, lanes);
  }
}
