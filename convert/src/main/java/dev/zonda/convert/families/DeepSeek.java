package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.LatentAttention.PLAIN;
import static dev.zonda.convert.rules.LatentAttention.RANK;
import static dev.zonda.convert.rules.LatentAttention.ROTATED;
import static dev.zonda.convert.rules.LatentAttention.VALUE;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.LatentAttention;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeMagnitude;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/// DeepSeek V2, V3 and R1: latent attention, whose keys and values are made from a short vector per
/// token, and many small experts next to shared ones.
final class DeepSeek {
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED =
      new Dimension(
          "n_shared_experts * moe_intermediate_size",
          sizes ->
              Math.multiplyExact(
                  (long) sizes.size("n_shared_experts"), sizes.size("moe_intermediate_size")));
  static final Dimension EXPERTS = Dimension.of("n_routed_experts");

  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes);

  private static final Announcement NETWORK_BIASES =
      config -> isVersion2(config.fields()) && Announcement.by("mlp_bias", false).isMade(config);

  /// Experts that every token goes through, as one.
  static final List<TensorRule> SHARED_EXPERTS =
      TensorRule.biased(
          NETWORK_BIASES,
          block("mlp.shared_experts.gate_proj.weight", "ffn_gate_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_experts.up_proj.weight", "ffn_up_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_experts.down_proj.weight", "ffn_down_shexp.weight", HIDDEN, SHARED));

  private static final List<TensorRule> CORRECTION =
      List.of(block("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", EXPERTS).optional());

  /// Keys after those that most families have.
  static final MetadataRule KEYS =
      MetadataRule.sequence(
          (source, metadata) -> metadata.putUint32(source.key("attention.head_count_kv"), 1),
          MetadataRule.fileType(),
          DeepSeek::denseLayers,
          MetadataRule.size("vocab_size", "vocab_size"),
          MetadataRule.size("attention.q_lora_rank", "q_lora_rank"),
          MetadataRule.size("attention.kv_lora_rank", "kv_lora_rank"),
          MetadataRule.computed("attention.key_length", RANK.plus(ROTATED)),
          MetadataRule.computed("attention.value_length", RANK),
          MetadataRule.computed("attention.key_length_mla", PLAIN.plus(ROTATED)),
          MetadataRule.computed("attention.value_length_mla", VALUE),
          MetadataRule.size(
              "expert_feed_forward_length", "moe_intermediate_size", "intermediate_size"),
          DeepSeek::sharedExperts,
          MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
          (source, metadata) -> {
            if (source.config().is("norm_topk_prob")) {
              metadata.putBool(source.key("expert_weights_norm"), true);
            }
          },
          MetadataRule.computed("rope.dimension_count", ROTATED),
          (source, metadata) ->
              RopeMagnitude.writeLatent(source, RopeParameters.of(source.config()), metadata),
          DeepSeek::requireRotatedPart,
          DeepSeek::keepNorms,
          ActivationRule.SILU);

  /// What transformers' DeepseekV2Config and DeepseekV3Config share.
  private static final Defaults COMMON =
      Defaults.of(
              Map.of(
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "q_lora_rank", 1536,
                  "kv_lora_rank", 512,
                  "qk_rope_head_dim", 64,
                  "qk_nope_head_dim", 128,
                  "v_head_dim", 128))
          // llama.cpp's converter writes this first and the right lengths later: this decides where
          // they stand.
          .same("head_dim", "qk_rope_head_dim");

  private static final Defaults VERSION_2 =
      COMMON
          .with(
              Map.of(
                  "vocab_size", 102400,
                  "hidden_size", 4096,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "n_routed_experts", 64,
                  "n_shared_experts", 2,
                  "moe_intermediate_size", 1407,
                  "routed_scaling_factor", 1.0))
          .keyHeads(32);

  static final Defaults VERSION_3 =
      COMMON
          .with(
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
                  "routed_scaling_factor", 2.5))
          .with(
              Map.of(
                  "num_experts_per_tok", 8,
                  "n_group", 8,
                  "topk_group", 4,
                  "norm_topk_prob", true,
                  "first_k_dense_replace", 3))
          .keyHeads(128);

  static final Family FAMILY =
      Family.builder("DeepSeek", "deepseek2")
          .models(
              "DeepSeek V2, V2 Lite, V2.5, Coder V2",
              "DeepSeek V3, V3.1",
              "DeepSeek R1",
              "Kimi K2",
              "Moonlight")
          .defaults(VERSION_2, "deepseek_v2")
          .defaults(VERSION_3, "deepseek_v3")
          .tensors(
              CommonTensors.FRAME,
              LatentAttention.TENSORS,
              onDenseLayers(CommonTensors.feedForward(NETWORK_BIASES)),
              onExpertLayers(Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD)),
              onExpertLayers(SHARED_EXPERTS),
              onExpertLayers(CORRECTION))
          .beyondLayers("they predict further tokens, which GGUF's deepseek2 has no place for")
          .outputMatrix(Family.OutputMatrix.SKIP_IF_TIED)
          .rope(RopeStyle.LATENT)
          .metadata(
              NetworkKeys.SIZES, KEYS, DeepSeek::gating, MetadataRule.implied("moe_layer_freq", 1))
          .unusedFields(
              "seq_aux",
              "aux_loss_alpha",
              "ep_size",
              "num_mtp_layers",
              "num_nextn_predict_layers",
              "qk_head_dim")
          .build();

  private static final float LATENT_EPSILON = 1e-6f;

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private DeepSeek() {}

  static List<TensorRule> onDenseLayers(List<TensorRule> rules) {
    return TensorRule.on(TensorRule.Layers.allBut(EXPERT_LAYERS), rules);
  }

  static List<TensorRule> onExpertLayers(List<TensorRule> rules) {
    return TensorRule.on(EXPERT_LAYERS, rules);
  }

  /// How many of the first layers have no experts.
  private static long denseLayers(ModelSizes sizes) throws FormatException {
    ModelConfig config = sizes.config();
    if (Glm4MoeLite.is(config.fields())) {
      return Glm4MoeLite.denseLayers(config.fields());
    }
    OptionalLong said = config.optionalCount(List.of("first_k_dense_replace"));
    boolean hasExperts = config.optionalSize(List.of("n_routed_experts")).isPresent();
    return said.orElse(hasExperts ? 0 : sizes.layers());
  }

  private static void denseLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = source.key("leading_dense_block_count");
    metadata.putUint32(key, denseLayers(source.sizes()));
    if (Glm4MoeLite.is(source.config().fields())) {
      Glm4MoeLite.correctDenseLayers(source, key, metadata);
    }
  }

  /// llama.cpp wants the key also where there are none.
  private static void sharedExperts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long count = source.config().optionalCount(List.of("n_shared_experts")).orElse(0);
    metadata.putUint32(source.key("expert_shared_count"), count);
  }

  private static boolean isVersion2(JsonFields config) throws FormatException {
    return config.text("model_type").filter("deepseek_v2"::equals).isPresent();
  }

  private static boolean isLikeVersion3(JsonFields config) throws FormatException {
    Optional<String> type = config.text("model_type");
    return type.filter(Set.of("deepseek_v3", Kimi.TYPE)::contains).isPresent()
        || Glm4MoeLite.is(config);
  }

  /// Version 3, Kimi and GLM have these scores, whatever config.json says.
  static void gating(MetadataRule.Source source, Metadata.Builder metadata) throws FormatException {
    JsonFields config = source.config().fields();
    if (isVersion2(config)) {
      MetadataRule.implied("scoring_func", "softmax").write(source, metadata);
      topK(source, metadata);
      if (source.config().is("norm_topk_prob")) {
        source
            .notes()
            .add("norm_topk_prob is written, though transformers' class does not read it");
      }
    }
    if (!isLikeVersion3(config)) {
      return;
    }
    MetadataRule.implied("scoring_func", "sigmoid").write(source, metadata);
    MetadataRule.implied("topk_method", "noaux_tc").write(source, metadata);
    String key = source.key("expert_gating_func");
    if (source.isCorrected() && metadata.build().integer(key).orElse(0) != SIGMOID) {
      metadata.putUint32(key, SIGMOID);
      source.noteDropped("scoring_func", "sigmoid", "expert_gating_func");
    }
  }

  /// Version 2 chooses from groups only if it is told to.
  private static void topK(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String method = source.config().text("topk_method").orElse("greedy");
    switch (method) {
      case "group_limited_greedy" -> {
        // The numbers of groups decide.
      }
      case "greedy" -> {
        long groups = source.config().optionalSize(List.of("n_group")).orElse(1);
        if (source.isCorrected() && groups > 1) {
          metadata.remove(source.key("expert_group_count"));
          metadata.remove(source.key("expert_group_used_count"));
          source
              .notes()
              .add(
                  "topk_method is greedy: no groups of experts are written; llama.cpp's "
                      + "converter writes"
                      + " them (--as-reference)");
        }
      }
      default -> {
        if (source.isCorrected()) {
          throw source
              .config()
              .fields()
              .problem(
                  "topk_method",
                  "is '%s', expected greedy or group_limited_greedy".formatted(method));
        }
      }
    }
  }

  /// The rotated part of a head follows from other sizes.
  private static void requireRotatedPart(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    double part = rope.rotatedPart();
    long rotated = ROTATED.of(source.sizes());
    boolean isOfHead = part == 1 || (long) (part * (PLAIN.of(source.sizes()) + rotated)) == rotated;
    if (source.isCorrected() && !isOfHead) {
      throw rope.problem(
          "partial_rotary_factor",
          "is %s, but qk_rope_head_dim is %d of a head's %d values"
              .formatted(part, rotated, PLAIN.of(source.sizes()) + rotated));
    }
  }

  /// Norms of short vectors have an epsilon of their own in transformers.
  static void keepNorms(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble epsilon = source.config().optionalReal(List.of("rms_norm_eps"));
    if (epsilon.isPresent() && (float) epsilon.getAsDouble() != LATENT_EPSILON) {
      source.noteUnwritten(
          "the epsilon of latent attention's norms", LATENT_EPSILON, epsilon.getAsDouble());
      source.unwritten().putFloat32(source.key("attention.latent_norm_epsilon"), LATENT_EPSILON);
    }
  }
}
