package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Gemma 2: norms before and after each part of a layer, scores and logits that are capped softly,
/// a sliding window on every other layer.
final class Gemma2 {
  static final Architecture ARCHITECTURE = new Architecture("gemma2", Gemma2::network);

  /// The 27B model divides products of queries and keys by another root than the others do.
  private static final int LARGE_LAYERS = 46;

  private static final int USUAL_WINDOW = 4096;

  private Gemma2() {}

  private static Network network(Keys keys) throws FormatException {
    int window =
        keys.has("attention.sliding_window")
            ? keys.countOrZero("attention.sliding_window")
            : USUAL_WINDOW;
    return Network.builder(keys)
        .embeddingScale(Math.sqrt(keys.hidden()))
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(attention(keys).windows(layer -> layer % 2 == 0, window))
        .feedForward(DenseNetwork.gated(keys, ActivationFunction.TANGENT_GELU))
        .logitCap(keys.optionalNumber("final_logit_softcapping").orElse(Double.POSITIVE_INFINITY))
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    HeadAttentionBuilder attention = HeadAttention.builder(keys);
    return scaled(keys, attention, LARGE_LAYERS)
        .rotary(Rotary.Order.HALVES)
        .scoreCap(keys.optionalNumber("attn_logit_softcapping").orElse(Double.POSITIVE_INFINITY));
  }

  /// The largest model's scores are scaled as if its heads filled the residual stream.
  static HeadAttentionBuilder scaled(Keys keys, HeadAttentionBuilder attention, int largeLayers)
      throws FormatException {
    return keys.layers() == largeLayers && !keys.has("attention.scale")
        ? attention.scaledByRootOf(keys.hidden() / attention.heads())
        : attention;
  }
}
