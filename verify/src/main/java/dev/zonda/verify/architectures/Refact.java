package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// Refact: scores that fall with the distance instead of positions (ALiBi); norms that subtract the
/// mean, though the key names RMS norms.
final class Refact {
  static final Architecture ARCHITECTURE = new Architecture("refact", Refact::network);

  private static final double MOST_BIAS = 8;

  private Refact() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(new Norm(Norm.Kind.LAYER, Norm.rms(keys).epsilon()))
        .attention(HeadAttention.builder(keys).distanceBias(MOST_BIAS))
        .build();
  }
}
