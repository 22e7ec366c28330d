package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.network.Attention;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.GatedDelta;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Qwen 3 Next: most layers follow the gated delta rule; attention in the others is gated. Experts
/// next to a shared one.
final class Qwen3Next {
  static final Architecture ARCHITECTURE = new Architecture("qwen3next", Qwen3Next::network);

  /// One layer of so many attends, where the metadata say nothing.
  private static final int USUAL_INTERVAL = 4;

  private Qwen3Next() {}

  private static Network network(Keys keys) throws FormatException {
    GatedDelta delta =
        GatedDelta.of(keys, LinearAttention.Sharing.NEIGHBOURS, GatedDelta.Factors.JOINED);
    return withLayers(keys, delta).feedForward(experts(keys)).build();
  }

  static Network.Builder withLayers(Keys keys, GatedDelta delta) throws FormatException {
    return Network.builder(keys)
        .norms("attn_norm", "post_attention_norm")
        .attention(layers(keys, delta));
  }

  private static Network.PerLayer<Attention> layers(Keys keys, GatedDelta delta)
      throws FormatException {
    boolean[] isRecurrent = recurrent(keys);
    HeadAttentionBuilder heads =
        HeadAttention.builder(keys)
            .rotary(Rotary.Order.HALVES)
            .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
            .gatedByQueries(HeadAttention.GateFunction.SIGMOID);
    return layer -> isRecurrent[layer] ? delta : heads.build(layer);
  }

  /// Which layers follow the delta rule.
  private static boolean[] recurrent(Keys keys) throws FormatException {
    String flags = "attention.recurrent_layers";
    if (keys.has(flags)) {
      return keys.flags(flags, keys.layers());
    }
    int interval = keys.count("full_attention_interval", USUAL_INTERVAL);
    boolean[] isRecurrent = new boolean[keys.layers()];
    for (int layer = 0; layer < isRecurrent.length; layer++) {
      isRecurrent[layer] = (layer + 1) % interval != 0;
    }
    return isRecurrent;
  }

  static Network.PerLayer<FeedForward> experts(Keys keys) throws FormatException {
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", true);
    int shared = keys.count("expert_shared_feed_forward_length");
    return Qwen2Moe.layers(
        keys,
        ExpertNetwork.of(
                keys, ActivationFunction.SILU, isNormalized ? routing.normalized() : routing)
            .with(new ExpertNetwork.Shared(shared, true)));
  }
}
