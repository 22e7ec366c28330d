package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Baichuan 1 and 2: rotary positions, or scores that fall with the distance (ALiBi) in models of
/// 13B, which llama.cpp knows by their number of layers. A checkpoint folder says which of both.
final class Baichuan {
  static final Architecture ARCHITECTURE = new Architecture("baichuan", Baichuan::network);

  private static final double MOST_BIAS = 8;
  private static final int ROTARY_LAYERS = 32;
  private static final int FALLING_LAYERS = 40;

  private Baichuan() {}

  private static Network network(Keys keys) throws FormatException {
    HeadAttentionBuilder attention = HeadAttention.builder(keys);
    String usual =
        switch (keys.layers()) {
          case ROTARY_LAYERS -> "rotary";
          case FALLING_LAYERS -> "falling";
          default -> "no";
        };
    String positions = keys.text("positions", usual);
    return Network.builder(keys)
        .attention(
            switch (positions) {
              case "rotary" -> attention.rotary(Rotary.Order.NEIGHBOURS);
              case "falling" -> attention.distanceBias(MOST_BIAS);
              case "no" -> attention;
              default ->
                  throw keys.error("has positions '" + positions + "', which cannot be evaluated");
            })
        .build();
  }
}
