package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Window;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Networks that fill gaps in a text: those of Llama, Qwen 2 and Qwen 3, in which each token sees
/// the whole text.
final class Diffusion {
  static final Architecture LLADA =
      new Architecture("llada", keys -> dense(keys, Rotary.Order.NEIGHBOURS));
  static final Architecture DREAM =
      new Architecture("dream", keys -> dense(keys, Rotary.Order.HALVES));
  static final Architecture LLADA_MOE = new Architecture("llada-moe", keys -> experts(keys, false));
  static final Architecture RND1 = new Architecture("rnd1", keys -> experts(keys, true));

  private Diffusion() {}

  private static Network dense(Keys keys, Rotary.Order order) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(order).window(Window.BOTH_WAYS))
        .build();
  }

  /// @param usual whether the weights of the experts add up to one where the metadata say nothing
  private static Network experts(Keys keys, boolean usual) throws FormatException {
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", usual);
    return Network.builder(keys)
        .attention(Qwen3.attention(keys).window(Window.BOTH_WAYS))
        .feedForward(
            Qwen2Moe.layers(
                keys,
                ExpertNetwork.of(
                    keys, ActivationFunction.SILU, isNormalized ? routing.normalized() : routing)))
        .build();
  }
}
