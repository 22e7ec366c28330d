package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import java.util.Optional;

/// MiniCPM 3: latent attention, and the scales of its siblings, which files do not say: all
/// published models have the same.
final class MiniCpm3 {
  static final Architecture ARCHITECTURE = new Architecture("minicpm3", MiniCpm3::network);

  private MiniCpm3() {}

  private static Network network(Keys keys) throws FormatException {
    return MiniCpm.scaled(keys)
        .attention(
            LatentAttention.of(keys, Rotary.builder(keys, Rotary.Order.HALVES), 0, Optional.empty())
                .scaledByLength(keys))
        .build();
  }
}
