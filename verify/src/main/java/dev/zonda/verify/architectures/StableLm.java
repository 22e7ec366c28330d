package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttention.HeadNorms;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// StableLM 3B and 2: layer norms, rotary positions on a part of each head. Where a layer has one
/// norm only, both its parts see what it gives.
final class StableLm {
  static final Architecture ARCHITECTURE = new Architecture("stablelm", StableLm::network);

  private StableLm() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasHeadNorms = keys.hasTensor("blk.0.attn_q_norm.weight");
    Network.Builder network =
        Network.builder(keys)
            .norm(Norm.layer(keys))
            .attention(
                HeadAttention.builder(keys)
                    .headNorms(hasHeadNorms ? HeadNorms.OWN_WEIGHTS : HeadNorms.NONE)
                    .rotary(Rotary.Order.HALVES));
    boolean isParallel = !keys.hasTensor("blk.0.ffn_norm.weight");
    return (isParallel ? network.parallel().norms("attn_norm", "attn_norm") : network).build();
  }
}
