package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import java.util.Optional;

/// PLM: latent attention, and a network of a squared ReLU without a gate.
final class Plm {
  static final Architecture ARCHITECTURE = new Architecture("plm", Plm::network);

  private Plm() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            LatentAttention.of(
                    keys, Rotary.builder(keys, Rotary.Order.NEIGHBOURS), 0, Optional.empty())
                .scaledByLength(keys))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.SQUARED_RELU))
        .build();
  }
}
