package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// GLM 4 of 2025: norms before and after both parts of a layer, and gate and up in one matrix.
final class Glm4 {
  static final Architecture ARCHITECTURE = new Architecture("glm4", Glm4::network);

  private Glm4() {}

  private static Network network(Keys keys) throws FormatException {
    // Files of models that see images have their heads in another order.
    Rotary.Order order =
        keys.has("rope.dimension_sections") ? Rotary.Order.HALVES : Rotary.Order.NEIGHBOURS;
    return Network.builder(keys)
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(HeadAttention.builder(keys).rotary(order))
        .build();
  }
}
