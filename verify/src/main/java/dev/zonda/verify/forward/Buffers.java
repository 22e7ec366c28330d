package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.Network;
import java.util.ArrayList;
import java.util.List;

/// Memory for the activations of one batch at a time, shared by models that are evaluated one after
/// the other. Only a model's output is kept until the next batch.
public final class Buffers {
  private final int strips;
  private final int lanes;
  private final float[] stream;
  private final float[] made;
  private final float[] work;
  private final float[] kept;
  private final List<float[]> outputs = new ArrayList<>();

  /// @param networks of the models, in order
  /// @param strips of the largest batch
  public Buffers(List<Network> networks, int strips, int lanes) {
    this.strips = strips;
    this.lanes = lanes;
    int hidden = networks.stream().mapToInt(Network::hidden).max().orElseThrow();
    int inside = networks.stream().mapToInt(Layer::workFeatures).max().orElseThrow();
    this.stream = floats(hidden);
    this.made = floats(hidden);
    this.work = floats(inside);
    this.kept = floats(networks.stream().mapToInt(Kept::features).max().orElseThrow());
    for (Network network : networks) {
      outputs.add(floats(network.hidden()));
    }
  }

  private float[] floats(int features) {
    return new float[Math.multiplyExact(Math.multiplyExact(strips, lanes), features)];
  }

  /// Floats that are held per token.
  public static long floatsPerToken(List<Network> networks) {
    long hidden = networks.stream().mapToLong(Network::hidden).max().orElseThrow();
    long all = networks.stream().mapToLong(Network::hidden).sum();
    return 2 * hidden + work(networks) + kept(networks) + all;
  }

  /// Floats per token of the largest array: there is a limit to the length of one.
  public static long largestArrayPerToken(List<Network> networks) {
    return Math.max(work(networks), kept(networks));
  }

  private static long work(List<Network> networks) {
    return networks.stream().mapToLong(Layer::workFeatures).max().orElseThrow();
  }

  private static long kept(List<Network> networks) {
    return networks.stream().mapToLong(Kept::features).max().orElseThrow();
  }

  /// Strips that the buffers are for.
  public int strips() {
    return strips;
  }

  Activations stream(int count, int features) {
    return on(stream, count, features);
  }

  Activations made(int count, int features) {
    return on(made, count, features);
  }

  Workspace work(int count, int features) {
    return new Workspace(on(work, count, features));
  }

  /// What layers keep for later ones.
  Activations kept(int count, int features) {
    return on(kept, count, features);
  }

  /// @param model which of the models
  Activations output(int model, int count, int features) {
    return on(outputs.get(model), count, features);
  }

  private Activations on(float[] memory, int count, int features) {
    if (count > strips) {
      throw new IllegalArgumentException(count + " strips in buffers for " + strips);
    }
    return new Activations(memory, 0, count, features, features, lanes);
  }
}
