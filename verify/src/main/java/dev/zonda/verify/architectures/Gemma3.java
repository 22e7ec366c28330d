package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Gemma 3: Gemma 2 with norms over each head instead of soft caps, and for each layer without a
/// sliding window five layers that have one, and a base frequency of their own.
final class Gemma3 {
  static final Architecture ARCHITECTURE = new Architecture("gemma3", Gemma3::network);

  private static final int GLOBAL_STEP = 6;

  /// The number of layers of the 27B model.
  private static final int LARGE_LAYERS = 62;

  private Gemma3() {}

  private static Network network(Keys keys) throws FormatException {
    int window = keys.countOrZero("attention.sliding_window");
    Rotary.Builder rotary = Rotary.builder(keys, Rotary.Order.HALVES);
    HeadAttention global = attention(keys).rotary(rotary).build();
    HeadAttention local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindow())
            .slidingWindow(window)
            .build();
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0);
    return Network.builder(keys)
        .embeddingScale(Math.sqrt(keys.hidden()))
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(layer -> window > 0 && isLocal[layer] ? local : global)
        .feedForward(DenseNetwork.gated(keys, ActivationFunction.TANGENT_GELU))
        .logitCap(keys.optionalNumber("final_logit_softcapping").orElse(Double.POSITIVE_INFINITY))
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return Gemma2.scaled(keys, HeadAttention.builder(keys), LARGE_LAYERS)
        .headNorms(HeadAttention.HeadNorms.EACH_HEAD);
  }
}
