package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// SmallThinker: small experts with ReLU, which are chosen before attention; in the larger model
/// layers with a window and rotary positions, or with neither.
final class SmallThinker {
  private static final Dimension EXPERTS = Dimension.of("moe_num_primary_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_ffn_hidden_size");
  private static final String WINDOWS = "sliding_window_layout";
  private static final String ROTATED = "rope_layout";

  /// The only window that llama.cpp knows.
  private static final long WINDOW = 4096;

  private static final int STEP = 4;
  private static final int SOFTMAX = 1;
  private static final int SIGMOID = 2;

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("block_sparse_moe.primary_router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
              expert("down", HIDDEN, EXPERT_FEED_FORWARD),
              expert("gate", EXPERT_FEED_FORWARD, HIDDEN),
              expert("up", EXPERT_FEED_FORWARD, HIDDEN)));

  /// What the published SmallThinkerConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 151936,
                  "hidden_size", 1536,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 12,
                  "num_key_value_heads", 2,
                  "head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 1e6,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "sliding_window_size", WINDOW,
                  "moe_num_primary_experts", 32,
                  "moe_num_active_primary_experts", 4,
                  "moe_ffn_hidden_size", 768));

  static final Family FAMILY =
      Family.builder("SmallThinker", "smallthinker")
          .models("SmallThinker 4B A0.6B, 21B A3B")
          .publishedDefaults(DEFAULTS, "smallthinker")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(Announcement.NEVER, Announcement.NEVER),
              EXPERT_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_count", "moe_num_primary_experts"),
              MetadataRule.size("expert_used_count", "moe_num_active_primary_experts"),
              MetadataRule.size("expert_feed_forward_length", "moe_ffn_hidden_size"),
              MetadataRule.size("feed_forward_length", "moe_ffn_hidden_size"),
              (source, metadata) ->
                  metadata.putUint32(
                      source.key("expert_gating_func"),
                      source.config().is("moe_primary_router_apply_softmax") ? SOFTMAX : SIGMOID),
              SmallThinker::layers)
          .unusedFields("model_name")
          .build();

  private SmallThinker() {}

  private static TensorRule expert(String name, Dimension... shape) {
    Dimension[] all = {EXPERTS, shape[0], shape[1]};
    return block(
        "block_sparse_moe.experts.{expert}." + name + ".weight",
        "ffn_" + name + "_exps.weight",
        all);
  }

  private static List<Boolean> layout(MetadataRule.Source source, String field, int usual)
      throws FormatException {
    JsonFields config = source.config().fields();
    int layers = source.sizes().layers();
    Optional<List<Long>> said = config.integers(field);
    if (said.isPresent() && said.get().size() != layers) {
      throw config.problem(
          field, "is for %d layers, but the model has %d".formatted(said.get().size(), layers));
    }
    List<Boolean> flags = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      flags.add((said.isPresent() ? said.get().get(layer) : usual) != 0);
    }
    return flags;
  }

  private static List<Boolean> usual(int layers) {
    List<Boolean> flags = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      flags.add(layer % STEP != 0);
    }
    return flags;
  }

  /// llama.cpp has windows of one length only, on all layers but every fourth, and rotary positions
  /// on the same layers.
  private static void layers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<Boolean> isLocal = layout(source, WINDOWS, 0);
    List<Boolean> isRotated = layout(source, ROTATED, 1);
    long window = source.config().optionalCount(List.of("sliding_window_size")).orElse(0);
    boolean hasWindows = isLocal.contains(true) && window > 0;
    if (hasWindows) {
      metadata.putUint32(source.key("attention.sliding_window"), window);
    }
    if (!source.isCorrected()) {
      return;
    }
    List<Boolean> usual = usual(isLocal.size());
    if (hasWindows && !isLocal.equals(usual)) {
      String key = "attention.sliding_window_pattern";
      metadata.put(source.key(key), MetadataRule.flags(isLocal));
      source.noteDropped("layers with a window", MetadataRule.layersWith(isLocal), key);
    }
    if (hasWindows && window != WINDOW) {
      source.noteUnwritten("sliding_window_size", window, WINDOW);
      source.unwritten().putUint32(source.key("attention.window_length"), window);
    }
    boolean isUsual = hasWindows ? isRotated.equals(usual) : !isRotated.contains(false);
    if (!isUsual) {
      source.noteUnwritten(
          ROTATED, MetadataRule.layersWith(isRotated), "what published models have");
      source.unwritten().put(source.key("rope.layers"), MetadataRule.flags(isRotated));
    }
  }
}
