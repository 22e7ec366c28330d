package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.ExpertsBeside;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.LayerInputs;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.SharedKeys;

/// Gemma 4: norms before and after each part of a layer and over heads, those of values without
/// weights; longer heads in layers without a window, where values may be keys; keys and values that
/// the last layers share; a second embedding for each layer, or experts beside each network.
final class Gemma4 {
  static final Architecture ARCHITECTURE = new Architecture("gemma4", Gemma4::network);

  private static final ActivationFunction GELU = ActivationFunction.TANGENT_GELU;

  private Gemma4() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isLocal = keys.windows(layer -> false);
    SharedKeys shared = SharedKeys.of(keys, isLocal);
    HeadAttentionBuilder global =
        attention(HeadAttention.builder(keys), shared)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES));
    HeadAttentionBuilder local =
        attention(HeadAttention.ofWindow(keys), shared)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindow().undivided())
            .slidingWindow(keys.count("attention.sliding_window"));
    Network.Builder network =
        Network.builder(keys)
            .embeddingScale(Math.sqrt(keys.hidden()))
            .postNorms("post_attention_norm", "post_ffw_norm")
            .attention(
                layer -> (isLocal[layer] ? local : global).values(values(keys, layer)).build(layer))
            .outputScale("layer_output_scale.weight")
            .logitCap(
                keys.optionalNumber("final_logit_softcapping").orElse(Double.POSITIVE_INFINITY));
    int inputs = keys.countOrZero("embedding_length_per_layer_input");
    if (inputs > 0) {
      network.inputs(new LayerInputs(inputs, activation(keys)));
    }
    Network.PerLayer<FeedForward> dense = DenseNetwork.gatedByLayer(keys, GELU);
    if (keys.countOrZero("expert_count") == 0 || !keys.hasTensor("blk.0.ffn_gate_inp.weight")) {
      return network.feedForward(dense).build();
    }
    ExpertNetwork experts =
        ExpertNetwork.of(keys, GELU, Routing.of(Routing.Gate.SOFTMAX).normalized());
    return network
        .withoutNormBeforeFeedForward()
        .feedForward(layer -> new ExpertsBeside((DenseNetwork) dense.of(layer), experts))
        .build();
  }

  private static Activation activation(Keys keys) throws FormatException {
    return FeedForward.activation(keys, GELU);
  }

  private static HeadAttentionBuilder attention(HeadAttentionBuilder heads, SharedKeys shared) {
    return heads.scaledBy(1).headNorms(HeadAttention.HeadNorms.EACH_HEAD).source(shared::source);
  }

  private static HeadAttention.Values values(Keys keys, int layer) {
    boolean hasOwn =
        keys.hasTensor("blk.%d.attn_v.weight".formatted(layer))
            || keys.hasTensor("blk.%d.attn_qkv.weight".formatted(layer));
    return hasOwn ? HeadAttention.Values.OWN_NORMED : HeadAttention.Values.KEYS_NORMED;
  }
}
