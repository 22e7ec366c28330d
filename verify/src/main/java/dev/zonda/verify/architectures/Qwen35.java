package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.network.GatedDelta;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;

/// Qwen 3.5 and 3.6: the layers of Qwen 3 Next, whose heads of values lie in another order.
final class Qwen35 {
  static final Architecture DENSE =
      new Architecture("qwen35", keys -> Qwen3Next.withLayers(keys, delta(keys)).build());

  static final Architecture WITH_EXPERTS = new Architecture("qwen35moe", Qwen35::withExperts);

  private Qwen35() {}

  private static Network withExperts(Keys keys) throws FormatException {
    return Qwen3Next.withLayers(keys, delta(keys)).feedForward(Qwen3Next.experts(keys)).build();
  }

  private static GatedDelta delta(Keys keys) throws FormatException {
    return GatedDelta.of(keys, LinearAttention.Sharing.TILES, GatedDelta.Factors.SPLIT);
  }
}
