package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;

/// What happens to each token by itself in one layer.
public sealed interface FeedForward permits DenseNetwork, ExpertNetwork {
  /// The activation of a network. GGUF has no key for it: only a checkpoint folder can name another
  /// one than that of its family.
  ///
  /// @param usual what the family has
  static ActivationFunction activation(Keys keys, ActivationFunction usual) throws FormatException {
    if (!keys.has("feed_forward.activation")) {
      return usual;
    }
    String name = keys.text("feed_forward.activation", "");
    return ActivationFunction.of(name)
        .orElseThrow(() -> keys.error("has activation '" + name + "', which cannot be evaluated"));
  }
}
