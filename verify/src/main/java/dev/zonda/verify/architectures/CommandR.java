package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// Command R: attention and feed-forward network side by side after one norm, and scaled logits.
final class CommandR {
  static final Architecture ARCHITECTURE = new Architecture("command-r", CommandR::network);

  private CommandR() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasHeadNorms = keys.hasTensor("blk.0.attn_q_norm.weight");
    return parallel(keys)
        .attention(
            HeadAttention.builder(keys)
                .headNorms(
                    hasHeadNorms
                        ? HeadAttention.HeadNorms.OWN_WEIGHTS
                        : HeadAttention.HeadNorms.NONE)
                .rotary(Rotary.Order.NEIGHBOURS))
        .build();
  }

  static Network.Builder parallel(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .parallel()
        .norms("attn_norm", "attn_norm")
        .logitScale(keys.optionalNumber("logit_scale").orElse(1));
  }
}
