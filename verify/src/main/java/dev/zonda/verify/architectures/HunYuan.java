package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Hunyuan without experts: Llama's network with norms over each rotated head.
final class HunYuan {
  static final Architecture ARCHITECTURE = new Architecture("hunyuan-dense", HunYuan::network);

  private HunYuan() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys).attention(attention(keys)).build();
  }

  static HeadAttention.Builder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys)
        .rotary(Rotary.Order.HALVES)
        .headNorms(HeadAttention.HeadNorms.EACH_ROTATED_HEAD);
  }
}
