package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.KimiDelta;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// Kimi Linear: most layers follow the delta rule with a decay for each feature; the others have
/// latent attention without positions. Experts in groups next to shared ones, as in DeepSeek V3.
final class KimiLinear {
  static final Architecture ARCHITECTURE = new Architecture("kimi-linear", KimiLinear::network);

  private KimiLinear() {}

  private static Network network(Keys keys) throws FormatException {
    int[] keyHeads = keys.layerCountsOrZero("attention.head_count_kv");
    KimiDelta delta = KimiDelta.of(keys);
    return Network.builder(keys)
        .attention(layer -> keyHeads[layer] == 0 ? delta : LatentAttention.unrotated(keys, layer))
        .feedForward(layers(keys))
        .build();
  }

  private static Network.PerLayer<FeedForward> layers(Keys keys) throws FormatException {
    return layer ->
        keys.hasTensor("blk.%d.ffn_gate_inp.weight".formatted(layer))
            ? DeepSeek.experts(keys, routing(keys))
            : DenseNetwork.gated(keys, ActivationFunction.SILU);
  }

  /// Weights have a sum of one, unless the metadata say otherwise.
  private static Routing routing(Keys keys) throws FormatException {
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    return keys.flag("expert_weights_norm", true) ? routing.normalized() : routing;
  }
}
