package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import java.util.Optional;

/// What happens to each token by itself in one layer.
public sealed interface FeedForward permits DenseNetwork, ExpertNetwork, ExpertsBeside, NoNetwork {
  /// The activation of a network. GGUF has no key for it: only a checkpoint folder can name another
  /// one than that of its family.
  ///
  /// @param usual what the family has
  static ActivationFunction activation(Keys keys, ActivationFunction usual) throws FormatException {
    return otherActivation(keys).orElse(usual);
  }

  /// The activation that a checkpoint folder names, if it is not that of its family.
  static Optional<ActivationFunction> otherActivation(Keys keys) throws FormatException {
    if (!keys.has("feed_forward.activation")) {
      return Optional.empty();
    }
    String name = keys.text("feed_forward.activation", "");
    return Optional.of(
        ActivationFunction.of(name)
            .orElseThrow(
                () -> keys.error("has activation '" + name + "', which cannot be evaluated")));
  }
}
