package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Hunyuan, also with experts: Llama's network with norms over each rotated head.
final class HunYuan {
  static final Architecture ARCHITECTURE = new Architecture("hunyuan-dense", HunYuan::network);
  static final Architecture WITH_EXPERTS = new Architecture("hunyuan-moe", HunYuan::experts);

  private HunYuan() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys).attention(attention(keys)).build();
  }

  private static Network experts(Keys keys) throws FormatException {
    int shared = keys.count("expert_shared_feed_forward_length");
    ExpertNetwork experts =
        ExpertNetwork.of(
                keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SOFTMAX).normalized())
            .with(new ExpertNetwork.Shared(shared, false));
    return Network.builder(keys).attention(attention(keys)).feedForward(layer -> experts).build();
  }

  static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys)
        .rotary(Rotary.Order.HALVES)
        .headNorms(HeadAttention.HeadNorms.EACH_ROTATED_HEAD);
  }
}
