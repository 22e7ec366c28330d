package dev.zonda.verify.families;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.Window;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.Temperature;
import java.util.Optional;

/// Llama 4: attention in chunks, on every fourth layer to everything and without rotary positions;
/// experts beside a shared one on some or all layers, which see their input weighted.
///
/// What is the same in all published models has no keys; other checkpoints can be evaluated
/// themselves.
final class Llama4 {
  static final Family FAMILY = new Family("llama4", Llama4::network);

  private static final int CHUNK = 8192;
  private static final int GLOBAL_STEP = 4;
  private static final double TEMPERATURE_SCALE = 0.1;

  /// The model with so many experts does without head norms.
  private static final int MAVERICK_EXPERTS = 128;

  private Llama4() {}

  private static Network network(Keys keys) throws FormatException {
    boolean isChunked =
        !keys.has("attention.sliding_window") || keys.countOrZero("attention.sliding_window") > 0;
    int chunk = keys.count("attention.chunk_size", CHUNK);
    HeadAttention local = local(keys, isChunked ? Window.chunked(chunk) : Window.ALL);
    Temperature temperature =
        new Temperature(
            keys.has("attention.temperature_scale")
                ? keys.optionalNumber("attention.temperature_scale").orElse(0)
                : TEMPERATURE_SCALE,
            keys.count("attention.temperature_length", CHUNK),
            1);
    HeadAttention global =
        HeadAttention.builder(keys).temperature(Optional.of(temperature)).build();

    int step = keys.count("interleave_moe_layer_step");
    FeedForward dense = DenseNetwork.gated(keys, Activation.SILU);
    ExpertNetwork experts =
        ExpertNetwork.of(keys, Activation.SILU, Routing.of(Routing.Gate.SIGMOID).weighingInput());
    FeedForward shared = experts.with(new ExpertNetwork.Shared(experts.length(), false));

    Optional<boolean[]> pattern =
        keys.has("attention.sliding_window_pattern")
            ? Optional.of(keys.flags("attention.sliding_window_pattern", keys.layers()))
            : Optional.empty();
    return Network.builder(keys)
        .attention(layer -> {
          boolean isLocal =
              pattern.isPresent()
                  ? pattern.get()[layer]
                  : !isChunked || (layer + 1) % GLOBAL_STEP != 0;
          return isLocal ? local : global;
        })
        .feedForward(layer -> (layer + 1) % step == 0 ? shared : dense)
        .build();
  }

  private static HeadAttention local(Keys keys, Window window) throws FormatException {
    boolean isNormed = keys.count("expert_count") != MAVERICK_EXPERTS;
    return HeadAttention.builder(keys)
        .rotary(Rotary.builder(keys, Rotary.Order.NEIGHBOURS))
        .headNorms(isNormed ? HeadAttention.HeadNorms.UNWEIGHTED : HeadAttention.HeadNorms.NONE)
        .window(window)
        .build();
  }
}
