package dev.zonda.convert.families;

import static dev.zonda.convert.families.Decoder.block;
import static dev.zonda.convert.families.Dimension.HEADS;
import static dev.zonda.convert.families.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// DeepSeek V2, V3 and R1: latent attention, whose keys and values are made from a short vector per
/// token, and many small experts beside shared ones.
///
/// In GGUF the matrix that makes keys and values is two, the keys' transposed, so that queries can
/// be compared with the short vectors themselves: attention with one head of keys and values.
final class DeepSeek {
  private static final Dimension QUERY_RANK = Dimension.of("q_lora_rank");
  private static final Dimension RANK = Dimension.of("kv_lora_rank");
  private static final Dimension ROTATED = Dimension.of("qk_rope_head_dim");
  private static final Dimension PLAIN = Dimension.of("qk_nope_head_dim");
  private static final Dimension VALUE = Dimension.of("v_head_dim");
  private static final Dimension QUERIES = HEADS.times(PLAIN.plus(ROTATED));
  private static final Dimension KEY_HEADS =
      new Dimension("num_key_value_heads", ModelSizes::keyValueHeads);
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED =
      new Dimension(
          "n_shared_experts * moe_intermediate_size",
          sizes ->
              Math.multiplyExact(
                  (long) sizes.size("n_shared_experts"), sizes.size("moe_intermediate_size")));
  static final Dimension EXPERTS = Dimension.of("n_routed_experts");

  /// Latent attention.
  static final List<TensorRule> ATTENTION =
      List.of(
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN)
              .on((layer, sizes) -> !hasQueryRank(sizes)),
          block("self_attn.q_a_proj.weight", "attn_q_a.weight", QUERY_RANK, HIDDEN)
              .on((layer, sizes) -> hasQueryRank(sizes)),
          block("self_attn.q_a_layernorm.weight", "attn_q_a_norm.weight", QUERY_RANK)
              .on((layer, sizes) -> hasQueryRank(sizes)),
          block("self_attn.q_b_proj.weight", "attn_q_b.weight", QUERIES, QUERY_RANK)
              .on((layer, sizes) -> hasQueryRank(sizes)),
          block(
              "self_attn.kv_a_proj_with_mqa.weight",
              "attn_kv_a_mqa.weight",
              RANK.plus(ROTATED),
              HIDDEN),
          block("self_attn.kv_a_layernorm.weight", "attn_kv_a_norm.weight", RANK),
          TensorRule.split(
              "model.layers.{layer}.self_attn.kv_b_proj.weight",
              List.of(KEY_HEADS.times(PLAIN.plus(VALUE)), RANK),
              new TensorRule.Output("blk.{layer}.attn_k_b.weight", DeepSeek::keys),
              new TensorRule.Output("blk.{layer}.attn_v_b.weight", DeepSeek::values)),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, HEADS.times(VALUE)));

  /// Experts that every token goes through, as one.
  static final List<TensorRule> SHARED_EXPERTS =
      List.of(
          block("mlp.shared_experts.gate_proj.weight", "ffn_gate_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_experts.up_proj.weight", "ffn_up_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_experts.down_proj.weight", "ffn_down_shexp.weight", HIDDEN, SHARED));

  private static final List<TensorRule> CORRECTION =
      List.of(block("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", EXPERTS).optional());

  /// Keys behind those that most families have.
  static final List<MetadataRule> KEYS =
      List.of(
          (source, metadata) -> metadata.putUint32(source.key("attention.head_count_kv"), 1),
          MetadataRule.fileType(),
          (source, metadata) ->
              metadata.putUint32(
                  source.key("leading_dense_block_count"), denseLayers(source.sizes())),
          MetadataRule.size("vocab_size", "vocab_size"),
          MetadataRule.size("attention.q_lora_rank", "q_lora_rank"),
          MetadataRule.size("attention.kv_lora_rank", "kv_lora_rank"),
          MetadataRule.computed("attention.key_length", RANK.plus(ROTATED)),
          MetadataRule.computed("attention.value_length", RANK),
          MetadataRule.computed("attention.key_length_mla", PLAIN.plus(ROTATED)),
          MetadataRule.computed("attention.value_length_mla", VALUE),
          MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
          MetadataRule.count("expert_shared_count", "n_shared_experts"),
          MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
          (source, metadata) -> {
            if (source.config().is("norm_topk_prob")) {
              metadata.putBool(source.key("expert_weights_norm"), true);
            }
          },
          MetadataRule.computed("rope.dimension_count", ROTATED),
          DeepSeek::yarnMultiplier);

  static final Family FAMILY =
      Family.builder("DeepSeek", "deepseek2")
          .models("DeepSeek V2, V2 Lite, V2.5, Coder V2", "DeepSeek V3, V3.1", "DeepSeek R1")
          .classes(
              "DeepseekV2ForCausalLM",
              "DeepseekV2Model",
              "DeepseekV3ForCausalLM",
              "DeepseekV3Model")
          .defaults(DeepSeek::defaults, "deepseek_v2", "deepseek_v3")
          .tensors(
              Decoder.FRAME,
              ATTENTION,
              onDenseLayers(Decoder.FEED_FORWARD_NETWORK),
              onExpertLayers(Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD)),
              onExpertLayers(SHARED_EXPERTS),
              onExpertLayers(CORRECTION))
          .beyondLayers("they predict further tokens, which GGUF's deepseek2 has no place for")
          .leftovers(Decoder.BUFFERS)
          .outputMatrix(Family.OutputMatrix.SKIP_IF_TIED)
          .metadata(NetworkKeys.SIZES, KEYS)
          .build();

  private DeepSeek() {}

  /// What transformers' DeepseekV2Config or DeepseekV3Config says where the file does not.
  private static Map<String, Object> defaults(JsonFields config) throws FormatException {
    boolean isV3 = config.text("model_type").filter("deepseek_v3"::equals).isPresent();
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "rms_norm_eps", 1e-6,
                "rope_theta", 10000.0,
                "kv_lora_rank", 512,
                "qk_rope_head_dim", 64,
                "qk_nope_head_dim", 128,
                "v_head_dim", 128));
    values.putAll(isV3 ? version3() : version2());
    if (!config.node().has("q_lora_rank")) {
      values.put("q_lora_rank", 1536);
    }
    Llama.deriveKeyValueHeads(config, values, Optional.of(isV3 ? 128 : 32));
    // The reference writes this first and the right lengths later: it decides where they stand.
    values.put("head_dim", config.integer("qk_rope_head_dim").orElse(64));
    return values;
  }

  private static Map<String, Object> version2() {
    return Map.of(
        "vocab_size", 102400,
        "hidden_size", 4096,
        "intermediate_size", 11008,
        "num_hidden_layers", 32,
        "num_attention_heads", 32,
        "max_position_embeddings", 2048,
        "n_routed_experts", 64,
        "n_shared_experts", 2,
        "moe_intermediate_size", 1407,
        "routed_scaling_factor", 1.0);
  }

  private static Map<String, Object> version3() {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "vocab_size", 129280,
                "hidden_size", 7168,
                "intermediate_size", 18432,
                "num_hidden_layers", 61,
                "num_attention_heads", 128,
                "max_position_embeddings", 4096,
                "n_routed_experts", 256,
                "n_shared_experts", 1,
                "moe_intermediate_size", 2048,
                "routed_scaling_factor", 2.5));
    values.putAll(
        Map.of(
            "num_experts_per_tok", 8,
            "n_group", 8,
            "topk_group", 4,
            "norm_topk_prob", true,
            "first_k_dense_replace", 3));
    return values;
  }

  static List<TensorRule> onDenseLayers(List<TensorRule> rules) {
    return rules.stream()
        .map(rule -> rule.on((layer, sizes) -> layer < denseLayers(sizes)))
        .toList();
  }

  static List<TensorRule> onExpertLayers(List<TensorRule> rules) {
    return rules.stream()
        .map(rule -> rule.on((layer, sizes) -> layer >= denseLayers(sizes)))
        .toList();
  }

  /// How many of the first layers have no experts.
  private static long denseLayers(ModelSizes sizes) throws FormatException {
    ModelConfig config = sizes.config();
    OptionalLong said = config.optionalCount(List.of("first_k_dense_replace"));
    boolean hasExperts = config.optionalSize(List.of("n_routed_experts")).isPresent();
    return said.orElse(hasExperts ? 0 : sizes.layers());
  }

  private static boolean hasQueryRank(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalSize(List.of("q_lora_rank")).isPresent();
  }

  /// Per head (rank, plain part).
  private static Expression keys(Expression source, ModelSizes sizes) throws FormatException {
    return new Transpose(part(source, sizes, 0, PLAIN.of(sizes)));
  }

  /// Per head (value, rank).
  private static Expression values(Expression source, ModelSizes sizes) throws FormatException {
    return part(source, sizes, PLAIN.of(sizes), VALUE.of(sizes));
  }

  private static Expression part(Expression source, ModelSizes sizes, long from, long rows)
      throws FormatException {
    int heads = sizes.keyValueHeads();
    long headRows = PLAIN.of(sizes) + VALUE.of(sizes);
    return new SelectRows(
        source,
        RowOrder.part(heads, headRows, from, rows),
        Shape.of(heads, rows, source.shape().rowLength()));
  }

  /// The tenth of what it says, for historical reasons of llama.cpp's.
  private static void yarnMultiplier(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (rope.fields().isPresent()) {
      OptionalDouble scale = rope.fields().get().real("mscale_all_dim");
      scale.ifPresent(value ->
          metadata.putFloat32(
              source.key("rope.scaling.yarn_log_multiplier"), (float) (0.1 * value)));
    }
  }
}
