package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.AltUp;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.LayerInputs;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.SharedKeys;

/// Gemma 3n: several residual streams, a second embedding for each layer, two narrow matrices
/// beside attention, keys and values that the last layers share, and gates of which only the
/// largest count.
final class Gemma3n {
  static final Architecture ARCHITECTURE = new Architecture("gemma3n", Gemma3n::network);

  private static final ActivationFunction GELU = ActivationFunction.TANGENT_GELU;
  private static final int GLOBAL_STEP = 5;

  private Gemma3n() {}

  private static Network network(Keys keys) throws FormatException {
    int window = keys.count("attention.sliding_window");
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0);
    SharedKeys shared = SharedKeys.of(keys, isLocal);
    HeadAttentionBuilder global =
        attention(keys, shared).rotary(Rotary.builder(keys, Rotary.Order.HALVES));
    HeadAttentionBuilder local =
        attention(keys, shared)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindow())
            .slidingWindow(window);
    Network.PerLayer<FeedForward> dense = DenseNetwork.gatedByLayer(keys, GELU);
    float[] sparsity = keys.layerNumbersOrLess("activation_sparsity_scale");
    return Network.builder(keys)
        .embeddingScale(Math.sqrt(keys.hidden()))
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(layer -> (isLocal[layer] ? local : global).build(layer))
        .feedForward(layer -> ((DenseNetwork) dense.of(layer)).withSparsity(sparsity[layer]))
        .inputs(
            new LayerInputs(
                keys.count("embedding_length_per_layer_input"), FeedForward.activation(keys, GELU)))
        .altUp(AltUp.of(keys))
        .logitCap(keys.optionalNumber("final_logit_softcapping").orElse(Double.POSITIVE_INFINITY))
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys, SharedKeys shared)
      throws FormatException {
    return HeadAttention.builder(keys)
        .scaledBy(1)
        .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
        .values(HeadAttention.Values.OWN_NORMED)
        .source(shared::source);
  }
}
