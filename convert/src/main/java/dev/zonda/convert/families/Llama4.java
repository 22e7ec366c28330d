package dev.zonda.convert.families;

import static dev.zonda.convert.families.Decoder.block;
import static dev.zonda.convert.families.Dimension.FEED_FORWARD;
import static dev.zonda.convert.families.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// Llama 4: experts beside a shared one on some or all layers, stored with their inputs outermost;
/// attention in chunks, on every fourth layer to everything without rotary embedding. Of the whole,
/// the text part.
final class Llama4 {
  private static final Dimension DENSE = Dimension.of("intermediate_size_mlp");
  private static final Dimension EXPERTS = Dimension.of("num_local_experts");
  private static final String STEP = "interleave_moe_layer_step";

  private static final List<TensorRule> DENSE_NETWORK =
      List.of(
          onDenseLayers(block("feed_forward.gate_proj.weight", "ffn_gate.weight", DENSE, HIDDEN)),
          onDenseLayers(block("feed_forward.up_proj.weight", "ffn_up.weight", DENSE, HIDDEN)),
          onDenseLayers(block("feed_forward.down_proj.weight", "ffn_down.weight", HIDDEN, DENSE)));

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          onExpertLayers(
              block("feed_forward.router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN)),
          onExpertLayers(
              TensorRule.split(
                  "model.layers.{layer}.feed_forward.experts.gate_up_proj",
                  List.of(EXPERTS, HIDDEN, FEED_FORWARD.times(2)),
                  new TensorRule.Output(
                      "blk.{layer}.ffn_gate_exps.weight",
                      (source, sizes) -> Transform.FIRST_HALF.apply(new Transpose(source), sizes)),
                  new TensorRule.Output(
                      "blk.{layer}.ffn_up_exps.weight",
                      (source, sizes) ->
                          Transform.SECOND_HALF.apply(new Transpose(source), sizes)))),
          onExpertLayers(
              block(
                      "feed_forward.experts.down_proj",
                      "ffn_down_exps.weight",
                      EXPERTS,
                      FEED_FORWARD,
                      HIDDEN)
                  .with(Transform.TRANSPOSE)),
          onExpertLayers(
              block(
                  "feed_forward.shared_expert.gate_proj.weight",
                  "ffn_gate_shexp.weight",
                  FEED_FORWARD,
                  HIDDEN)),
          onExpertLayers(
              block(
                  "feed_forward.shared_expert.up_proj.weight",
                  "ffn_up_shexp.weight",
                  FEED_FORWARD,
                  HIDDEN)),
          onExpertLayers(
              block(
                  "feed_forward.shared_expert.down_proj.weight",
                  "ffn_down_shexp.weight",
                  HIDDEN,
                  FEED_FORWARD)));

  static final Family FAMILY =
      Family.builder("Llama 4", "llama4")
          .models("Llama 4 Scout", "Llama 4 Maverick")
          .classes("Llama4ForConditionalGeneration", "Llama4ForCausalLM", "Llama4TextModel")
          .defaults(Llama4::defaults, "llama4_text")
          .tensors(Decoder.FRAME, Qwen2.ATTENTION, DENSE_NETWORK, EXPERT_NETWORK)
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .metadata(
              NetworkKeys.SIZES,
              List.of(MetadataRule.size("feed_forward_length", "intermediate_size_mlp")),
              Llama.OUTPUT,
              List.of(
                  MetadataRule.size(STEP, STEP),
                  MetadataRule.size("expert_feed_forward_length", "intermediate_size"),
                  Llama4::fullAttention,
                  Llama4::keepUnusual))
          .generated(RopeFrequencies::llama3)
          .build();

  /// Tokens of a chunk, and from one step of the temperature to the next, in published models.
  private static final long CHUNK = 8192;

  private static final double TEMPERATURE = 0.1;

  private static final int GLOBAL_STEP = 4;

  private Llama4() {}

  /// What transformers' Llama4TextConfig says where the file does not.
  private static Map<String, Object> defaults(JsonFields config) throws FormatException {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "vocab_size", 202048,
                "hidden_size", 5120,
                "intermediate_size", 8192,
                "intermediate_size_mlp", 16384,
                "num_hidden_layers", 48,
                "num_attention_heads", 40,
                "head_dim", 128,
                "max_position_embeddings", 131072,
                "rms_norm_eps", 1e-5,
                "rope_theta", 5e5));
    values.putAll(Map.of("num_local_experts", 16, "num_experts_per_tok", 1, STEP, 1));
    Llama.deriveKeyValueHeads(config, values, Optional.of(8));
    return values;
  }

  private static TensorRule onDenseLayers(TensorRule rule) {
    return rule.on((layer, sizes) -> !hasExperts(layer, sizes));
  }

  private static TensorRule onExpertLayers(TensorRule rule) {
    return rule.on(Llama4::hasExperts);
  }

  private static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    return (layer + 1) % sizes.size(STEP) == 0;
  }

  /// What is the same in all published models has no keys. Only the checkpoint itself can be
  /// evaluated with other values.
  private static void keepUnusual(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    Metadata.Builder unwritten = source.unwritten();
    OptionalLong chunk = config.optionalSize(List.of("attention_chunk_size"));
    if (chunk.isPresent() && chunk.getAsLong() != CHUNK) {
      noteUnusual(source, "attention_chunk_size", chunk.getAsLong());
      unwritten.putUint32(source.key("attention.chunk_size"), chunk.getAsLong());
    }
    keepLayers(source);
    if (config.fields().node().path("attn_temperature_tuning").isBoolean()
        && !config.fields().bool("attn_temperature_tuning").orElse(true)) {
      noteUnusual(source, "attn_temperature_tuning", false);
      unwritten.putFloat32(source.key("attention.temperature_scale"), 0);
      return;
    }
    OptionalDouble length = config.optionalReal(List.of("floor_scale"));
    if (length.isPresent() && length.getAsDouble() != CHUNK) {
      noteUnusual(source, "floor_scale", length.getAsDouble());
      unwritten.putUint32(source.key("attention.temperature_length"), (long) length.getAsDouble());
    }
    OptionalDouble scale = config.optionalReal(List.of("attn_scale"));
    if (scale.isPresent() && scale.getAsDouble() != TEMPERATURE) {
      noteUnusual(source, "attn_scale", scale.getAsDouble());
      unwritten.putFloat32(source.key("attention.temperature_scale"), (float) scale.getAsDouble());
    }
  }

  /// Every fourth layer does without rotary embedding and chunks.
  private static void keepLayers(MetadataRule.Source source) {
    JsonNode rotated = source.config().fields().node().path("no_rope_layers");
    int layers = source.sizes().layers();
    if (!rotated.isArray() || rotated.size() != layers) {
      return;
    }
    List<MetadataValue> isLocal = new ArrayList<>();
    boolean isUsual = true;
    for (int layer = 0; layer < layers; layer++) {
      // Despite its name, 1 stands for layers with rotary embedding.
      boolean isRotated = rotated.get(layer).asInt(1) != 0;
      isLocal.add(new MetadataValue.Bool(isRotated));
      isUsual &= isRotated == ((layer + 1) % GLOBAL_STEP != 0);
    }
    if (!isUsual) {
      noteUnusual(source, "no_rope_layers", rotated);
      source
          .unwritten()
          .put(
              source.key("attention.sliding_window_pattern"),
              new MetadataValue.Array(MetadataType.BOOL, isLocal));
    }
  }

  private static void noteUnusual(MetadataRule.Source source, String field, Object value) {
    source
        .notes()
        .add(
            "%s is %s, which GGUF has no key for: the file has what published models have"
                .formatted(field, value));
  }

  /// Small models without chunks say so in their list of layers.
  private static void fullAttention(MetadataRule.Source source, Metadata.Builder metadata) {
    JsonNode types = source.config().fields().node().path("layer_types");
    boolean allFull =
        types.isArray()
            && types.valueStream().allMatch(type -> type.asString("").equals("full_attention"));
    if (allFull) {
      metadata.putUint32(source.key("attention.sliding_window"), 0);
    }
  }
}
