package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Xielu;

/// A network of two or three matrices: `down(activation(up))` or, gated, `down(activation(gate) *
/// up)`.
///
/// @param length features inside
/// @param hasOutputNorm whether a norm stands before the last matrix (`ffn_sub_norm`)
/// @param sparsity how many standard deviations above the mean of a token's gates a gate must be to
///   count, by what it is above that; minus infinity if all count
public record DenseNetwork(
    int length, Activation activation, boolean isGated, boolean hasOutputNorm, float sparsity)
    implements FeedForward {
  public DenseNetwork(int length, Activation activation, boolean isGated) {
    this(length, activation, isGated, false, Float.NEGATIVE_INFINITY);
  }

  /// This network with a norm before the last matrix.
  public DenseNetwork withOutputNorm() {
    return new DenseNetwork(length, activation, isGated, true, sparsity);
  }

  /// This network with gates that count only if they are large.
  public DenseNetwork withSparsity(float deviations) {
    return new DenseNetwork(length, activation, isGated, hasOutputNorm, deviations);
  }

  /// A gated network of the length that the metadata name.
  ///
  /// @param usual activation of the family
  public static DenseNetwork gated(Keys keys, ActivationFunction usual) throws FormatException {
    return new DenseNetwork(length(keys), FeedForward.activation(keys, usual), true);
  }

  /// A gated network of each layer, of the lengths that the metadata name.
  ///
  /// @param usual activation of the family
  public static Network.PerLayer<FeedForward> gatedByLayer(Keys keys, ActivationFunction usual)
      throws FormatException {
    int[] lengths = keys.layerCountsOrZero("feed_forward_length");
    Activation activation = FeedForward.activation(keys, usual);
    return layer -> {
      if (lengths[layer] == 0) {
        throw keys.error("has a network of no features in layer " + layer);
      }
      return new DenseNetwork(lengths[layer], activation, true);
    };
  }

  /// A network without a gate, of the length that the metadata name.
  ///
  /// @param usual activation of the family
  public static DenseNetwork plain(Keys keys, ActivationFunction usual) throws FormatException {
    return new DenseNetwork(length(keys), FeedForward.activation(keys, usual), false);
  }

  /// A network without a gate, with an activation of the architecture's own.
  public static DenseNetwork plain(Keys keys, Xielu activation) throws FormatException {
    return new DenseNetwork(length(keys), activation, false);
  }

  private static int length(Keys keys) throws FormatException {
    return keys.count("feed_forward_length");
  }
}
