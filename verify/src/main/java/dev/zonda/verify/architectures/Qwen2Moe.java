package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Qwen 1.5 and 2 with experts, and a shared one of which each token decides how much it takes.
final class Qwen2Moe {
  static final Architecture ARCHITECTURE = new Architecture("qwen2moe", Qwen2Moe::network);

  private Qwen2Moe() {}

  private static Network network(Keys keys) throws FormatException {
    int shared = keys.count("expert_shared_feed_forward_length");
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", false);
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES).windows())
        .feedForward(
            layers(
                keys,
                ExpertNetwork.of(
                        keys,
                        ActivationFunction.SILU,
                        isNormalized ? routing.normalized() : routing)
                    .with(new ExpertNetwork.Shared(shared, true))))
        .build();
  }

  /// Published models have experts on all layers; a checkpoint folder may have some without.
  static Network.PerLayer<FeedForward> layers(Keys keys, ExpertNetwork experts)
      throws FormatException {
    return layer ->
        keys.hasTensor("blk.%d.ffn_gate_inp.weight".formatted(layer))
            ? experts
            : DenseNetwork.gated(keys, ActivationFunction.SILU);
  }
}
