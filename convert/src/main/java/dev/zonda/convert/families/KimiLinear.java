package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.LatentAttention.PLAIN;
import static dev.zonda.convert.rules.LatentAttention.RANK;
import static dev.zonda.convert.rules.LatentAttention.ROTATED;
import static dev.zonda.convert.rules.LatentAttention.VALUE;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.KimiDeltaTensors;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Kimi Linear: three of four layers have Kimi delta attention, the others latent attention without
/// positions; many small experts next to a shared one on all layers but the first.
final class KimiLinear {
  private static final String DENSE = "first_k_dense_replace";
  private static final String TYPES = "mlp_layer_types";

  private static final String SCORES = "moe_router_activation_func";
  private static final String SCORES_KEY = "expert_gating_func";

  /// GGUF's numbers for scores.
  private static final int SOFTMAX = 1;

  private static final int SIGMOID = 2;

  private static final Dimension EXPERTS = Dimension.of("num_local_experts");
  private static final Dimension FEED_FORWARD = Dimension.of("moe_intermediate_size");

  private static final TensorRule.Layers HAVE_EXPERTS =
      (layer, sizes) -> hasExperts(sizes.config(), sizes.layers()).get(layer);

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("mlp.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", EXPERTS).optional(),
          TensorRule.together(
                  experts("w1", "ffn_gate_exps.weight", FEED_FORWARD, HIDDEN),
                  experts("w2", "ffn_down_exps.weight", HIDDEN, FEED_FORWARD),
                  experts("w3", "ffn_up_exps.weight", FEED_FORWARD, HIDDEN))
              .or(FusedExperts.of("mlp.experts.", EXPERTS, FEED_FORWARD)));

  /// What transformers' KimiLinearConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 163840,
                  "hidden_size", 2304,
                  "intermediate_size", 9216,
                  "moe_intermediate_size", 1024,
                  "num_hidden_layers", 27,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 1048576,
                  "rms_norm_eps", 1e-5))
          .with(
              Map.of(
                  "num_local_experts", 256,
                  "num_experts_per_tok", 8,
                  "n_shared_experts", 1,
                  "n_group", 1,
                  "topk_group", 1,
                  "norm_topk_prob", true,
                  "routed_scaling_factor", 2.446))
          .with(
              Map.of(
                  "kv_lora_rank", 512,
                  "qk_rope_head_dim", 64,
                  "qk_nope_head_dim", 128,
                  "v_head_dim", 128,
                  "linear_head_dim", 128,
                  "linear_num_heads", 32,
                  "linear_conv_kernel_dim", 4))
          .keyHeads(32)
          .same("head_dim", "qk_rope_head_dim");

  private static final MetadataRule KEYS =
      MetadataRule.sequence(
          KimiLinear::groups,
          MetadataRule.fileType(),
          MetadataRule.size("vocab_size", "vocab_size"),
          KimiDeltaTensors.KEYS,
          MetadataRule.size("attention.q_lora_rank", "q_lora_rank"),
          MetadataRule.size("attention.kv_lora_rank", "kv_lora_rank"),
          MetadataRule.computed("rope.dimension_count", ROTATED),
          MetadataRule.computed("attention.key_length", RANK.plus(ROTATED)),
          MetadataRule.computed("attention.key_length_mla", PLAIN.plus(ROTATED)),
          MetadataRule.computed("attention.value_length_mla", VALUE),
          MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
          MetadataRule.count("expert_shared_count", "n_shared_experts"),
          KimiLinear::denseLayers,
          MetadataRule.real("expert_weights_scale", "routed_scaling_factor"));

  static final Family FAMILY =
      Family.builder("Kimi Linear", "kimi-linear")
          .models("Kimi Linear 48B A3B")
          .defaults(DEFAULTS, "kimi_linear")
          .aliases(
              Map.of(
                  "max_position_embeddings", List.of("model_max_length"),
                  "norm_topk_prob", List.of("moe_renormalize"),
                  "n_group", List.of("num_expert_group"),
                  "num_local_experts", List.of("num_experts"),
                  "num_experts_per_tok", List.of("num_experts_per_token"),
                  "n_shared_experts", List.of("num_shared_experts")))
          .rename(".block_sparse_moe.", ".mlp.")
          .rename(".self_attn.forget_gate.", ".self_attn.")
          .tensors(
              CommonTensors.FRAME,
              TensorRule.on(KimiDeltaTensors.DELTA, KimiDeltaTensors.TENSORS),
              KimiDeltaTensors.SHARED,
              KimiDeltaTensors.LATENT,
              TensorRule.on(
                  TensorRule.Layers.allBut(HAVE_EXPERTS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(HAVE_EXPERTS, EXPERT_NETWORK),
              TensorRule.on(HAVE_EXPERTS, DeepSeek.SHARED_EXPERTS))
          .metadata(
              NetworkKeys.UP_TO_HEADS,
              KimiLinear::scores,
              MetadataRule.size("attention.key_length", "head_dim"),
              MetadataRule.size("attention.value_length", "head_dim"),
              KEYS,
              KimiLinear::routing,
              DeepSeek::keepNorms,
              MetadataRule.implied("moe_layer_freq", 1),
              MetadataRule.implied("mla_use_nope", true),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.KIMI_LINEAR)
          .unusedFields("num_nextn_predict_layers", "use_grouped_topk")
          .build();

  private KimiLinear() {}

  private static TensorRule experts(
      String source, String target, Dimension rows, Dimension columns) {
    return block("mlp.experts.{expert}." + source + ".weight", target, EXPERTS, rows, columns);
  }

  private static List<Boolean> hasExperts(ModelConfig config, int layers) throws FormatException {
    Optional<List<String>> types = config.fields().texts(TYPES);
    if (types.isPresent() && types.get().size() != layers) {
      throw config
          .fields()
          .problem(TYPES, "has %d values for %d layers".formatted(types.get().size(), layers));
    }
    OptionalLong dense = config.fields().integer(DENSE, 0, Integer.MAX_VALUE);
    List<Boolean> all = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      all.add(
          types.isPresent() ? types.get().get(layer).equals("sparse") : layer >= dense.orElse(1));
    }
    return all;
  }

  private static void denseLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    List<Boolean> experts = hasExperts(config, source.sizes().layers());
    int first = experts.indexOf(true);
    long dense = first < 0 ? experts.size() : first;
    if (source.isCorrected() && experts.subList((int) dense, experts.size()).contains(false)) {
      source.noteUnwritten(
          TYPES,
          "dense on layers " + MetadataRule.layersWith(experts.stream().map(has -> !has).toList()),
          "the first " + dense + " of them only");
    }
    OptionalLong said = config.fields().integer(DENSE, 0, Integer.MAX_VALUE);
    metadata.putUint32(
        source.key("leading_dense_block_count"), source.isCorrected() ? dense : said.orElse(dense));
  }

  /// The reference does not know the name of the field.
  private static void groups(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = source.key("expert_group_count");
    long groups = source.config().size("n_group");
    metadata.remove(key);
    if (source.isCorrected() && groups > 1) {
      metadata.putUint32(key, groups);
      source.noteDropped("num_expert_group", groups, "expert_group_count");
    }
  }

  /// Only this family calls the field so.
  private static void scores(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    switch (source.config().text(SCORES).orElse("")) {
      case "softmax" -> metadata.putUint32(source.key(SCORES_KEY), SOFTMAX);
      case "sigmoid" -> metadata.putUint32(source.key(SCORES_KEY), SIGMOID);
      default -> {
        // What the network has is written below.
      }
    }
  }

  /// Experts have these scores, whatever config.json says, and llama.cpp divides their weights by
  /// the sum.
  private static void routing(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.implied(SCORES, "sigmoid").write(source, metadata);
    if (!source.isCorrected()) {
      return;
    }
    String key = source.key(SCORES_KEY);
    if (metadata.build().integer(key).orElse(0) != SIGMOID) {
      metadata.putUint32(key, SIGMOID);
      source.noteDropped(SCORES, "sigmoid", SCORES_KEY);
    }
    if (!source.config().is("norm_topk_prob")) {
      source.noteUnwritten("moe_renormalize", false, true);
      source.unwritten().putBool(source.key("expert_weights_norm"), false);
    }
  }
}
