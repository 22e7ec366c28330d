package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// ChatGLM and GLM 4 of 2024: Llama's network with gate and up in one matrix, and neighbours
/// rotated in a part of each head.
final class ChatGlm {
  static final Architecture ARCHITECTURE = new Architecture("chatglm", ChatGlm::network);

  private ChatGlm() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .build();
  }
}
