package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.Attention;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoAttention;
import dev.zonda.verify.network.NoNetwork;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.StateSpace;
import java.util.Optional;

/// Nemotron-H: each layer is a state space, attention without positions, or a feed-forward network
/// or experts without gates, behind a norm that is always called `attn_norm`.
final class NemotronH {
  static final Architecture ARCHITECTURE = new Architecture("nemotron_h", NemotronH::dense);
  static final Architecture WITH_EXPERTS =
      new Architecture("nemotron_h_moe", NemotronH::withExperts);

  private NemotronH() {}

  private static Network dense(Keys keys) throws FormatException {
    int[] lengths = lengths(keys);
    ActivationFunction activation = FeedForward.activation(keys, ActivationFunction.SQUARED_RELU);
    return network(keys, layer -> new DenseNetwork(lengths[layer], activation, false));
  }

  /// Experts may see fewer features than the residual stream has.
  private static Network withExperts(Keys keys) throws FormatException {
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    FeedForward experts =
        ExpertNetwork.of(keys, ActivationFunction.SQUARED_RELU, routing)
            .plain(keys.countOrZero("moe_latent_size"))
            .with(new ExpertNetwork.Shared(keys.count("expert_shared_feed_forward_length"), false));
    return network(keys, layer -> experts);
  }

  /// @param networks of the layers that have one
  private static Network network(Keys keys, Network.PerLayer<FeedForward> networks)
      throws FormatException {
    int[] lengths = lengths(keys);
    return Network.builder(keys)
        .norm(norm(keys))
        .norms("attn_norm", "attn_norm")
        .attention(attention(keys, lengths))
        .feedForward(layer -> lengths[layer] == 0 ? new NoNetwork() : networks.of(layer))
        .build();
  }

  /// Features inside the network of each layer; zero where there is none.
  private static int[] lengths(Keys keys) throws FormatException {
    return keys.layerCountsOrZero("feed_forward_length");
  }

  /// A layer with neither heads nor a network is a state space.
  private static Network.PerLayer<Attention> attention(Keys keys, int[] lengths)
      throws FormatException {
    int[] heads = keys.layerCountsOrZero("attention.head_count_kv");
    StateSpace.GatedNorm norm =
        new StateSpace.GatedNorm(
            norm(keys), keys.count("ssm.group_count"), StateSpace.Place.AFTER_GATE);
    StateSpace space = StateSpace.of(keys, Optional.of(norm));
    HeadAttentionBuilder attention = HeadAttention.builder(keys);
    return layer -> {
      if (lengths[layer] > 0) {
        return new NoAttention(false);
      }
      return heads[layer] > 0 ? attention.build(layer) : space;
    };
  }

  /// Some files name the number by another norm's key only.
  private static Norm norm(Keys keys) throws FormatException {
    String own = "attention.layer_norm_rms_epsilon";
    double epsilon = keys.number(keys.has(own) ? own : "attention.layer_norm_epsilon");
    return new Norm(Norm.Kind.RMS, (float) epsilon);
  }
}
