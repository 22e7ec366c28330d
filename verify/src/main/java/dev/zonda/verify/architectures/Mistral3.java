package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Temperature;
import java.util.Optional;
import java.util.OptionalDouble;

/// Mistral 3 and Ministral 3: Llama's network, with queries that may grow with the position.
final class Mistral3 {
  static final Architecture ARCHITECTURE = new Architecture("mistral3", Mistral3::network);

  private Mistral3() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .rotary(
                    Rotary.builder(keys, Rotary.Order.NEIGHBOURS)
                        .dividedBy(keys.signed("rope.scaling.yarn_log_multiplier", 0)))
                .slidingWindow(keys.countOrZero("attention.sliding_window"))
                .temperature(temperature(keys, "rope.scaling.original_context_length")))
        .build();
  }

  /// How queries grow with the position; empty if they do not.
  ///
  /// @param lengthKey names the position from which they grow
  static Optional<Temperature> temperature(Keys keys, String lengthKey) throws FormatException {
    OptionalDouble scale = keys.optionalNumber("attention.temperature_scale");
    return scale.isEmpty()
        ? Optional.empty()
        : Optional.of(new Temperature(scale.getAsDouble(), keys.count(lengthKey), 0));
  }
}
