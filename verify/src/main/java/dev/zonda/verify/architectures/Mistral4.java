package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// Mistral 4: DeepSeek's network, with queries that grow with the position.
final class Mistral4 {
  static final Architecture ARCHITECTURE = new Architecture("mistral4", Mistral4::network);

  private Mistral4() {}

  private static Network network(Keys keys) throws FormatException {
    return DeepSeek.network(
        keys,
        Routing.GroupScore.BEST_TWO,
        multiplier -> multiplier,
        Mistral3.temperature(keys, "attention.temperature_length"));
  }
}
