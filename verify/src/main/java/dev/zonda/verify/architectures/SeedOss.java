package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Seed-OSS: Llama's network, with the second norm under another name.
final class SeedOss {
  static final Architecture ARCHITECTURE = new Architecture("seed_oss", SeedOss::network);

  private SeedOss() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norms("attn_norm", "post_attention_norm")
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .build();
  }
}
