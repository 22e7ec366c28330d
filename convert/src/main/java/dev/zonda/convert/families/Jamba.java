package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.SelectiveScanTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Map;

/// Jamba: Mamba's selective scans with norms, attention without positions on one layer of several,
/// and experts on some.
final class Jamba {
  private static final String MAMBA = "model.layers.{layer}.mamba.";
  private static final String EXPANSION = "mamba_expand";
  private static final String EXPERT_COUNT = "num_experts";

  /// Channels for each feature of the residual stream, of which llama.cpp has no other number.
  private static final int USUAL_EXPANSION = 2;

  private static final Dimension EXPERTS = Dimension.of(EXPERT_COUNT);

  private static final TensorRule.Layers ATTEND =
      (layer, sizes) -> isOneOf(sizes.config(), layer, "attn_layer");

  private static final TensorRule.Layers HAVE_EXPERTS =
      (layer, sizes) ->
          sizes.config().size(EXPERT_COUNT) > 1 && isOneOf(sizes.config(), layer, "expert_layer");

  private static final SelectiveScanTensors SCAN =
      new SelectiveScanTensors(
          new Dimension("2 * hidden_size", sizes -> USUAL_EXPANSION * (long) sizes.hidden()),
          Dimension.of("mamba_d_state"),
          SelectiveScanTensors.rank("mamba_dt_rank"),
          Dimension.of("mamba_d_conv"));

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.final_layernorm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("pre_ff_layernorm.weight", "ffn_norm.weight", HIDDEN));

  private static final List<TensorRule> ATTENTION =
      List.of(
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES));

  private static final List<TensorRule> NETWORK =
      List.of(
          block("feed_forward.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          block("feed_forward.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("feed_forward.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("feed_forward.router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
                  block(
                      "feed_forward.experts.{expert}.down_proj.weight",
                      "ffn_down_exps.weight",
                      EXPERTS,
                      HIDDEN,
                      FEED_FORWARD),
                  block(
                      "feed_forward.experts.{expert}.gate_proj.weight",
                      "ffn_gate_exps.weight",
                      EXPERTS,
                      FEED_FORWARD,
                      HIDDEN),
                  block(
                      "feed_forward.experts.{expert}.up_proj.weight",
                      "ffn_up_exps.weight",
                      EXPERTS,
                      FEED_FORWARD,
                      HIDDEN))
              .or(FusedExperts.of("feed_forward.experts.", EXPERTS, FEED_FORWARD)));

  /// What transformers' JambaConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size",
                  65536,
                  "hidden_size",
                  4096,
                  "intermediate_size",
                  14336,
                  "num_hidden_layers",
                  32,
                  "num_attention_heads",
                  32,
                  "max_position_embeddings",
                  262144,
                  "rms_norm_eps",
                  1e-6,
                  "num_experts_per_tok",
                  2,
                  EXPERT_COUNT,
                  16))
          .with(
              Map.of(
                  "attn_layer_period",
                  8,
                  "attn_layer_offset",
                  4,
                  "expert_layer_period",
                  2,
                  "expert_layer_offset",
                  1,
                  "mamba_d_state",
                  16,
                  "mamba_d_conv",
                  4,
                  EXPANSION,
                  USUAL_EXPANSION))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("Jamba", "jamba")
          .models("Jamba v0.1, 1.5 Mini, 1.5 Large, Reasoning 3B")
          .defaults(DEFAULTS, "jamba")
          .aliases(Map.of(EXPERT_COUNT, List.of("num_local_experts")))
          .rename(".moe.", ".feed_forward.")
          .rename(".pre_moe_layernorm.", ".pre_ff_layernorm.")
          .rename(".B_layernorm.", ".b_layernorm.")
          .rename(".C_layernorm.", ".c_layernorm.")
          .tensors(
              FRAME,
              TensorRule.on(ATTEND, ATTENTION),
              TensorRule.on(
                  TensorRule.Layers.allBut(ATTEND),
                  SCAN.tensors(
                      MAMBA,
                      Announcement.by("mamba_proj_bias", false),
                      Announcement.by("mamba_conv_bias", true))),
              TensorRule.on(TensorRule.Layers.allBut(ATTEND), SCAN.norms(MAMBA)),
              TensorRule.on(HAVE_EXPERTS, EXPERT_NETWORK),
              TensorRule.on(TensorRule.Layers.allBut(HAVE_EXPERTS), NETWORK))
          .metadata(
              Jamba::requireExpansion,
              (source, metadata) ->
                  metadata.putUint32(source.key("block_count"), source.sizes().layers()),
              MetadataRule.size("context_length", "max_position_embeddings", "n_ctx"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              Jamba::keyHeads,
              SCAN.keys(),
              MetadataRule.real(
                  "attention.layer_norm_rms_epsilon", "layer_norm_epsilon", "rms_norm_eps"),
              MetadataRule.count("expert_count", EXPERT_COUNT),
              MetadataRule.count("expert_used_count", "num_experts_per_tok"),
              MetadataRule.fileType(),
              NetworkKeys.HEAD_LENGTHS,
              MetadataRule.implied("mamba_inner_layernorms", true),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.JAMBA)
          .unusedFields(
              "calc_logits_for_entire_prompt",
              "num_logits_to_keep",
              "use_associative_scan",
              "use_mamba_kernels",
              "use_mambapy")
          .build();

  private Jamba() {}

  /// Whether a layer is the one of several that differs.
  private static boolean isOneOf(ModelConfig config, int layer, String which)
      throws FormatException {
    return layer % config.size(which + "_period") == offset(config, which);
  }

  /// The first layer that differs.
  private static long offset(ModelConfig config, String which) throws FormatException {
    int period = config.size(which + "_period");
    String field = which + "_offset";
    long offset = config.optionalCount(List.of(field)).orElse(0);
    if (offset >= period) {
      throw config
          .fields()
          .problem(field, "is %d, expected less than %d, the period".formatted(offset, period));
    }
    return offset;
  }

  private static void keyHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    // The reference writes a zero for each layer before the first that attends, also if there are
    // fewer.
    int first = source.isCorrected() ? 0 : (int) offset(source.config(), "attn_layer");
    int[] heads = new int[Math.max(sizes.layers(), first)];
    for (int layer = 0; layer < sizes.layers(); layer++) {
      heads[layer] = ATTEND.include(layer, sizes) ? sizes.keyValueHeads() : 0;
    }
    metadata.put(source.key("attention.head_count_kv"), MetadataValue.Array.ofInts(heads));
  }

  private static void requireExpansion(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int expansion = source.config().size(EXPANSION);
    if (expansion != USUAL_EXPANSION) {
      throw source
          .config()
          .fields()
          .problem(
              EXPANSION,
              "is %d, expected %d: llama.cpp has no other".formatted(expansion, USUAL_EXPANSION));
    }
  }
}
