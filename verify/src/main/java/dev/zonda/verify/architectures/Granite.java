package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Granite: Llama's network with scales of the embedding, of what each part of a layer adds, of the
/// products of queries and keys, and of the logits.
final class Granite {
  static final Architecture ARCHITECTURE = new Architecture("granite", Granite::network);

  private Granite() {}

  private static Network network(Keys keys) throws FormatException {
    return scaled(keys).attention(attention(keys)).build();
  }

  static Network.Builder scaled(Keys keys) throws FormatException {
    return scaled(keys, keys.number("logit_scale"));
  }

  /// @param divisor what logits are divided by
  static Network.Builder scaled(Keys keys, double divisor) throws FormatException {
    return Network.builder(keys)
        .embeddingScale(keys.number("embedding_scale", 1))
        .residualScale(keys.number("residual_scale", 1))
        .logitScale(1 / divisor);
  }

  static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS);
  }
}
