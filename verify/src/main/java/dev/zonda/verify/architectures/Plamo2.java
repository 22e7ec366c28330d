package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NormedStateSpace;
import dev.zonda.verify.network.Rotary;
import java.util.Arrays;
import java.util.Optional;

/// PLaMo 2: norms before and after each part of a layer; layers without heads of keys are state
/// spaces, the others attend to a window, all or some of them.
final class Plamo2 {
  static final Architecture ARCHITECTURE = new Architecture("plamo2", Plamo2::network);

  private Plamo2() {}

  private static Network network(Keys keys) throws FormatException {
    int[] heads = keys.layerCountsOrZero("attention.head_count_kv");
    Optional<NormedStateSpace> space =
        Arrays.stream(heads).anyMatch(count -> count == 0)
            ? Optional.of(NormedStateSpace.of(keys))
            : Optional.empty();
    int window = keys.countOrZero("attention.sliding_window");
    HeadAttentionBuilder whole = attention(keys).rotary(Rotary.Order.HALVES);
    HeadAttentionBuilder local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindowAlike())
            .slidingWindow(window);
    boolean[] isLocal = keys.windows(_ -> true);
    return Network.builder(keys)
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(layer -> {
          if (heads[layer] == 0) {
            return space.orElseThrow();
          }
          return (window > 0 && isLocal[layer] ? local : whole).build(layer);
        })
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys).headNorms(HeadAttention.HeadNorms.OWN_WEIGHTS);
  }
}
