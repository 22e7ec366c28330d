package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// MiniCPM 1, 2 and 4: Llama's network with scales of the embedding, of what each part of a layer
/// adds, and of the logits.
final class MiniCpm {
  static final Architecture ARCHITECTURE = new Architecture("minicpm", MiniCpm::network);

  /// What published models have; older files do not say it.
  private static final double EMBEDDING_SCALE = 12;

  private static final double DEPTH = 1.4;
  private static final double BASE_WIDTH = 256;

  private MiniCpm() {}

  private static Network network(Keys keys) throws FormatException {
    return scaled(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .build();
  }

  static Network.Builder scaled(Keys keys) throws FormatException {
    return Network.builder(keys)
        .embeddingScale(keys.number("embedding_scale", EMBEDDING_SCALE))
        .residualScale(keys.number("residual_scale", DEPTH / Math.sqrt(keys.layers())))
        .logitScale(1 / keys.number("logit_scale", keys.hidden() / BASE_WIDTH));
  }
}
