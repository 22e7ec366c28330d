package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// Jais: scores that fall with the distance instead of positions (ALiBi), and that are divided by
/// the length of a head instead of its root.
final class Jais {
  static final Architecture ARCHITECTURE = new Architecture("jais", Jais::network);

  private static final double MOST_BIAS = 8;

  private Jais() {}

  private static Network network(Keys keys) throws FormatException {
    HeadAttentionBuilder attention =
        HeadAttention.builder(keys)
            .distanceBias(keys.number("attention.max_alibi_bias", MOST_BIAS));
    int length = keys.hidden() / attention.heads();
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .attention(
            keys.has("attention.scale") ? attention : attention.scaledByRootOf(length * length))
        .build();
  }
}
