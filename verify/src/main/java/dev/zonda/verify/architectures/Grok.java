package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.ScoreGrowth;
import java.util.Optional;

/// Grok 1 and 2: norms before and after each part of a layer; scores of attention, of the router
/// and of tokens that are capped softly; in Grok 2 a dense network beside the experts.
final class Grok {
  static final Architecture ARCHITECTURE = new Architecture("grok", Grok::network);

  /// Numbers of Grok 1, of whose files the older ones do not have them.
  private static final double EMBEDDING_SCALE = 78.38367176906169;

  private static final double SCORE_SCALE = 0.08838834764831845;
  private static final double LOGIT_SCALE = 0.5773502691896257;
  private static final double SCORE_CAP = 30;

  private Grok() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasEnd = keys.hasTensor("blk.0.layer_output_norm.weight");
    return Network.builder(keys)
        .embeddingScale(keys.number("embedding_scale", EMBEDDING_SCALE))
        .postNorms("attn_output_norm", hasEnd ? "layer_output_norm" : "post_ffw_norm")
        .attention(
            HeadAttention.builder(keys)
                .scaledBy(keys.number("attention.output_scale", SCORE_SCALE))
                .scoreCap(keys.number("attn_logit_softcapping", SCORE_CAP))
                .growth(growth(keys))
                .rotary(Rotary.Order.HALVES))
        .feedForward(experts(keys))
        .logitScale(keys.number("logit_scale", LOGIT_SCALE))
        .logitCap(keys.optionalNumber("final_logit_softcapping").orElse(Double.POSITIVE_INFINITY))
        .build();
  }

  private static Optional<ScoreGrowth> growth(Keys keys) throws FormatException {
    int length = keys.countOrZero("attention.temperature_length");
    if (length == 1) {
      throw keys.error("has a length of 1 for scores that grow, expected more");
    }
    return length == 0 ? Optional.empty() : Optional.of(new ScoreGrowth(length));
  }

  private static ExpertNetwork experts(Keys keys) throws FormatException {
    Routing routing =
        Routing.of(Routing.Gate.SOFTMAX)
            .capped(
                keys.optionalNumber("router_logit_softcapping").orElse(Double.POSITIVE_INFINITY));
    ActivationFunction activation = ActivationFunction.TANGENT_GELU;
    boolean isNormalized = keys.flag("expert_weights_norm", true);
    Routing weighted = isNormalized ? routing.normalized() : routing;
    if (!keys.hasTensor("blk.0.ffn_up.weight")) {
      return ExpertNetwork.of(keys, activation, weighted);
    }
    double half = Math.sqrt(0.5);
    return ExpertNetwork.of(keys, activation, weighted.scaled(half))
        .with(ExpertNetwork.Shared.dense(keys.count("feed_forward_length"), half));
  }
}
