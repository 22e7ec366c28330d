package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Window;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.Temperature;
import java.util.Optional;

/// Llama 4: attention in chunks, but on every fourth layer to all tokens and without rotary
/// positions; on some or all layers, experts with weighted input next to a shared one.
///
/// GGUF has no keys for what is the same in all published models; other checkpoints can be
/// evaluated from their folders.
final class Llama4 {
  static final Architecture ARCHITECTURE = new Architecture("llama4", Llama4::network);

  private static final int CHUNK = 8192;
  private static final int GLOBAL_STEP = 4;
  private static final double TEMPERATURE_SCALE = 0.1;

  /// The model with this many experts has no head norms.
  private static final int MAVERICK_EXPERTS = 128;

  private Llama4() {}

  private static Network network(Keys keys) throws FormatException {
    boolean isChunked =
        !keys.has("attention.sliding_window") || keys.countOrZero("attention.sliding_window") > 0;
    Window chunk = Window.chunked(keys.count("attention.chunk_size", CHUNK));
    boolean[] seesChunk =
        isChunked
            ? keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0)
            : new boolean[keys.layers()];
    // Without chunks, llama.cpp gives positions to all layers but the last.
    int step = isChunked ? GLOBAL_STEP : keys.layers();
    boolean[] isRotated = keys.rotated(layer -> (layer + 1) % step != 0);

    int expertStep = keys.count("interleave_moe_layer_step");
    FeedForward dense = DenseNetwork.gated(keys, ActivationFunction.SILU);
    ExpertNetwork experts =
        ExpertNetwork.of(
            keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SIGMOID).weighingInput());
    FeedForward shared = experts.with(new ExpertNetwork.Shared(experts.length(), false));
    boolean[] hasExperts =
        keys.has("expert_layers") ? keys.flags("expert_layers", keys.layers()) : new boolean[0];

    HeadAttentionBuilder rotating = rotating(keys);
    HeadAttentionBuilder growing =
        HeadAttention.builder(keys).temperature(temperature(keys, isChunked));
    return Network.builder(keys)
        .attention(layer ->
            (isRotated[layer] ? rotating : growing)
                .window(seesChunk[layer] ? chunk : Window.ALL)
                .build())
        .feedForward(layer ->
            (hasExperts.length > 0 ? hasExperts[layer] : (layer + 1) % expertStep == 0)
                ? shared
                : dense)
        .build();
  }

  private static Optional<Temperature> temperature(Keys keys, boolean isChunked)
      throws FormatException {
    double usual = isChunked ? TEMPERATURE_SCALE : 0;
    double scale = keys.signed("attention.temperature_scale", usual);
    return scale == 0
        ? Optional.empty()
        : Optional.of(new Temperature(scale, keys.count("attention.temperature_length", CHUNK), 1));
  }

  private static HeadAttentionBuilder rotating(Keys keys) throws FormatException {
    boolean isNormed =
        keys.flag("attention.head_norms", keys.count("expert_count") != MAVERICK_EXPERTS);
    return HeadAttention.builder(keys)
        .rotary(Rotary.Order.NEIGHBOURS)
        .headNorms(isNormed ? HeadAttention.HeadNorms.UNWEIGHTED : HeadAttention.HeadNorms.NONE);
  }
}
