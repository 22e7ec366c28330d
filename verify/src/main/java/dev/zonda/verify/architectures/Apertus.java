package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Xielu;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Apertus: norms over each head of queries and keys, and a feed-forward network without a gate,
/// whose activation has numbers of its own in each layer.
final class Apertus {
  static final Architecture ARCHITECTURE = new Architecture("apertus", Apertus::network);

  private Apertus() {}

  private static Network network(Keys keys) throws FormatException {
    List<FeedForward> networks = networks(keys);
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
                .rotary(Rotary.Order.HALVES))
        .feedForward(networks::get)
        .build();
  }

  private static List<FeedForward> networks(Keys keys) throws FormatException {
    int layers = keys.layers();
    Optional<ActivationFunction> other = FeedForward.otherActivation(keys);
    List<FeedForward> networks = new ArrayList<>();
    if (other.isPresent()) {
      DenseNetwork network = DenseNetwork.plain(keys, other.get());
      for (int layer = 0; layer < layers; layer++) {
        networks.add(network);
      }
      return networks;
    }
    float[] negative = keys.layerNumbers("xielu.alpha_n");
    float[] positive = keys.layerNumbers("xielu.alpha_p");
    float[] linear = keys.layerNumbers("xielu.beta");
    float[] end = keys.layerNumbers("xielu.eps");
    for (int layer = 0; layer < layers; layer++) {
      Xielu activation = Xielu.of(negative[layer], positive[layer], linear[layer], end[layer]);
      networks.add(DenseNetwork.plain(keys, activation));
    }
    return networks;
  }
}
