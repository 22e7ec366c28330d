package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Qwen 3: norms over each head of queries and keys.
final class Qwen3 {
  static final Architecture ARCHITECTURE = new Architecture("qwen3", Qwen3::network);

  private Qwen3() {}

  static Network network(Keys keys) throws FormatException {
    return Network.builder(keys).attention(attention(keys)).build();
  }

  static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys)
        .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
        .rotary(Rotary.Order.HALVES)
        .windows();
  }
}
