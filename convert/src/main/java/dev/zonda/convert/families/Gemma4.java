package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.ONE;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.ProportionalRope;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Gemma 4: layers with a window and others with longer heads, in which values may be keys; the
/// last layers use keys and values of earlier ones; small models have a second embedding, which
/// enters each layer, others have experts beside each network. Of a model that sees and hears, only
/// the text part.
final class Gemma4 {
  /// Without a list of layers, one in so many sees the whole text.
  static final int USUAL_STEP = 6;

  private static final String KEYS_AS_VALUES = "attention_k_eq_v";
  private static final String EXPERTS = "enable_moe_block";
  private static final String DOUBLE = "use_double_wide_mlp";
  private static final String BIDIRECTIONAL = "use_bidirectional_attention";

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final TensorRule.Layers WITH_VALUES =
      (layer, sizes) -> !sizes.config().is(KEYS_AS_VALUES) || Gemma4Layers.isLocal(sizes, layer);

  private static final TensorRule.Layers WITH_EXPERTS =
      (layer, sizes) -> sizes.config().is(EXPERTS);

  /// Features of the network inside a layer.
  private static final Dimension INNER =
      new Dimension("width of the layer", sizes -> length(sizes, sizes.layer()));

  private static final Dimension EXPERT_COUNT = Dimension.of("num_experts");
  private static final Dimension EXPERT_LENGTH = Dimension.of("moe_intermediate_size");

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          BIASES,
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN)
              .neededOn(Gemma4Layers::hasKeys),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN)
              .on(WITH_VALUES)
              .neededOn(Gemma4Layers::hasKeys),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES));

  private static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("self_attn.q_norm.weight", "attn_q_norm.weight", HEAD),
          block("self_attn.k_norm.weight", "attn_k_norm.weight", HEAD)
              .neededOn(Gemma4Layers::hasKeys));

  private static final List<TensorRule> NORMS =
      List.of(
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN),
          block("pre_feedforward_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("post_feedforward_layernorm.weight", "post_ffw_norm.weight", HIDDEN),
          block("layer_scalar", "layer_output_scale.weight", ONE).optional());

  private static final List<TensorRule> NETWORK =
      List.of(
          block("mlp.gate_proj.weight", "ffn_gate.weight", INNER, HIDDEN),
          block("mlp.up_proj.weight", "ffn_up.weight", INNER, HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, INNER));

  private static final List<TensorRule> EXPERT_NETWORK =
      TensorRule.on(
          WITH_EXPERTS,
          List.of(
              block("router.proj.weight", "ffn_gate_inp.weight", EXPERT_COUNT, HIDDEN),
              block("router.scale", "ffn_gate_inp.scale", HIDDEN),
              block("router.per_expert_scale", "ffn_down_exps.scale", EXPERT_COUNT),
              experts(
                  "gate_up_proj",
                  "ffn_gate_up_exps.weight",
                  EXPERT_COUNT,
                  EXPERT_LENGTH.times(2),
                  HIDDEN),
              experts("down_proj", "ffn_down_exps.weight", EXPERT_COUNT, HIDDEN, EXPERT_LENGTH),
              block("post_feedforward_layernorm_1.weight", "post_ffw_norm_1.weight", HIDDEN),
              block("post_feedforward_layernorm_2.weight", "post_ffw_norm_2.weight", HIDDEN),
              block("pre_feedforward_layernorm_2.weight", "pre_ffw_norm_2.weight", HIDDEN)));

  static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(),
              Stream.of(
                  VisionTower.part("model.embed_vision.*"),
                  VisionTower.part("model.vision_embedder.*"),
                  Leftover.part("model.audio_tower.*", OtherParts.HEARS),
                  Leftover.part("model.embed_audio.*", OtherParts.HEARS)))
          .toList();

  /// What transformers' Gemma4UnifiedTextConfig says.
  private static final Defaults UNIFIED =
      Defaults.of(
              Map.ofEntries(
                  Map.entry("vocab_size", 262144),
                  Map.entry("hidden_size", 2304),
                  Map.entry("intermediate_size", 9216),
                  Map.entry("num_hidden_layers", 30),
                  Map.entry("num_attention_heads", 8),
                  Map.entry("num_key_value_heads", 4),
                  Map.entry("head_dim", 256),
                  Map.entry("global_head_dim", 512),
                  Map.entry("max_position_embeddings", 262144),
                  Map.entry("rms_norm_eps", 1e-6),
                  Map.entry("sliding_window", 1024),
                  Map.entry(Gemma4Layers.SHARED, 0),
                  Map.entry("tie_word_embeddings", true)))
          .object("rope_parameters", Gemma4::rope);

  /// What Gemma4TextConfig says.
  private static final Defaults DEFAULTS =
      UNIFIED.with(
          Map.of(
              "max_position_embeddings",
              131072,
              "sliding_window",
              512,
              Gemma4Inputs.VOCABULARY,
              262144,
              Gemma4Inputs.LENGTH,
              256));

  static final Family FAMILY =
      Family.builder("Gemma 4", "gemma4")
          .models("Gemma 4 E2B, E4B, 12B, 26B A4B, 31B")
          .defaults(DEFAULTS, "gemma4_text", "gemma4")
          .defaults(UNIFIED, "gemma4_unified_text", "gemma4_unified")
          .aliases(Map.of("num_experts_per_tok", List.of("top_k_experts")))
          .tensors(
              CommonTensors.EMBEDDINGS,
              Gemma4Inputs.TENSORS,
              NORMS,
              ATTENTION,
              HEAD_NORMS,
              NETWORK,
              EXPERT_NETWORK)
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .layerSizes(Gemma4Layers::sizes)
          .metadata(
              Gemma4::requireCausal,
              NetworkKeys.ALL,
              MetadataRule.real("final_logit_softcapping", "final_logit_softcapping"),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              Gemma4Sharing::write,
              Gemma4::heads,
              Gemma4::lengths,
              Gemma4::keyHeads,
              Gemma4::rotated,
              Gemma2.ACTIVATION)
          .rope(RopeStyle.PROPORTIONAL)
          .generated(source ->
              List.of(ProportionalRope.divisors(source, Gemma4Layers.headLength(source.sizes()))))
          .unusedFields(
              "hidden_act",
              "cache_implementation",
              "boa_token_id",
              "boi_token_id",
              "eoa_token_index",
              "eoi_token_id",
              "expert_intermediate_size",
              "vision_soft_tokens_per_image")
          .vocabulary(VocabularyForm.GEMMA_4)
          .build();

  private Gemma4() {}

  private static JsonNode rope() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    ObjectNode rope = json.objectNode();
    rope.set(
        "sliding_attention", json.objectNode().put("rope_type", "default").put("rope_theta", 1e4));
    rope.set(
        "full_attention",
        json.objectNode()
            .put("rope_type", "proportional")
            .put("partial_rotary_factor", 0.25)
            .put("rope_theta", 1e6));
    return rope;
  }

  private static TensorRule experts(String source, String target, Dimension... shape) {
    return block("experts." + source, target, shape)
        .or(block("experts." + source + ".weight", target, shape));
  }

  private static long length(ModelSizes sizes, int layer) throws FormatException {
    long length = sizes.config().size("intermediate_size");
    boolean isDouble = sizes.config().is(DOUBLE) && !Gemma4Layers.hasKeys(layer, sizes);
    return isDouble ? Math.multiplyExact(2, length) : length;
  }

  /// Tokens of images may see each other; those of a text do not see later ones.
  private static void requireCausal(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<String> said = source.config().fields().text(BIDIRECTIONAL);
    if (source.isCorrected() && said.isPresent() && !said.get().equals("vision")) {
      throw source
          .config()
          .fields()
          .problem(
              BIDIRECTIONAL,
              "is '%s': tokens see later ones, which cannot be evaluated; expected vision or null"
                  .formatted(said.get()));
    }
  }

  /// The lengths of heads that see the whole text, and of the others.
  private static void heads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int full = Gemma4Layers.headLength(source.sizes());
    metadata
        .putUint32(source.key("attention.key_length"), full)
        .putUint32(source.key("attention.value_length"), full)
        .putUint32(source.key("attention.key_length_swa"), source.sizes().headLength())
        .putUint32(source.key("attention.value_length_swa"), source.sizes().headLength());
  }

  private static void lengths(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String own = "expert_feed_forward_length";
    // The reference believes this field, even where it is null.
    String other = "expert_intermediate_size";
    boolean isOther = !source.isCorrected() && source.config().fields().mentions(other);
    MetadataRule.size(own, isOther ? other : "moe_intermediate_size").write(source, metadata);
    if (source.config().is(DOUBLE)) {
      int[] lengths = new int[source.sizes().layers()];
      for (int layer = 0; layer < lengths.length; layer++) {
        lengths[layer] = Math.toIntExact(length(source.sizes(), layer));
      }
      metadata.put(source.key("feed_forward_length"), MetadataValue.Array.ofInts(lengths));
    }
  }

  private static void keyHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    if (Gemma4Layers.keyHeads(sizes) == sizes.keyValueHeads()) {
      return;
    }
    int[] heads = new int[sizes.layers()];
    for (int layer = 0; layer < heads.length; layer++) {
      heads[layer] = Gemma4Layers.sizes(sizes, layer).keyValueHeads();
    }
    metadata.put(source.key("attention.head_count_kv"), MetadataValue.Array.ofInts(heads));
  }

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    double part =
        source.isCorrected() || config.object("rope_parameters").isEmpty()
            ? 1
            : config.object("rope_parameters").get().real("partial_rotary_factor").orElse(1);
    metadata
        .putUint32(source.key("rope.dimension_count"), Gemma4Layers.headLength(source.sizes()))
        .putUint32(
            source.key("rope.dimension_count_swa"), (long) (source.sizes().headLength() * part));
  }
}
