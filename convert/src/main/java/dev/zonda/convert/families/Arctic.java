package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Arctic: a dense network behind attention, and beside both experts that see what a layer sees.
final class Arctic {
  private static final String STEP = "moe_layer_frequency";

  private static final List<TensorRule> DENSE =
      List.of(
          block("residual_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("residual_mlp.w1.weight", "ffn_gate.weight", HIDDEN, HIDDEN),
          block("residual_mlp.w2.weight", "ffn_down.weight", HIDDEN, HIDDEN),
          block("residual_mlp.w3.weight", "ffn_up.weight", HIDDEN, HIDDEN));

  /// What the published ArcticConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 32000,
              "hidden_size", 4096,
              "intermediate_size", 14336,
              "num_hidden_layers", 32,
              "num_attention_heads", 32,
              "max_position_embeddings", 4096,
              "rms_norm_eps", 1e-5,
              "rope_theta", 1e6,
              "num_local_experts", 8,
              "num_experts_per_tok", 1));

  static final Family FAMILY =
      Family.builder("Arctic", "arctic")
          .models("Arctic Base, Instruct")
          .publishedDefaults(DEFAULTS, "arctic")
          .tensors(
              CommonTensors.EMBEDDINGS,
              List.of(
                  block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
                  block("post_attention_layernorm.weight", "ffn_norm_exps.weight", HIDDEN)),
              Llama.ATTENTION,
              DENSE,
              Mixtral.EXPERT_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.computed("rope.dimension_count", HEAD),
              Arctic::requireKnown,
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.ARCTIC)
          // How experts are trained, and what of tokens too many for one is done then.
          .unusedFields(
              "use_residual",
              "enable_expert_tensor_parallelism",
              "moe_eval_capacity_factor",
              "moe_train_capacity_factor",
              "moe_min_capacity",
              "moe_token_dropping")
          .build();

  private Arctic() {}

  private static void requireKnown(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long step = source.config().fields().integer(STEP).orElse(2);
    if (source.isCorrected() && step != 1) {
      throw source
          .config()
          .fields()
          .problem(
              STEP, "is %d: some layers have no experts, which no file can hold".formatted(step));
    }
    MetadataRule.only("parallel_attn_mlp_res", true, "experts see what attention makes")
        .write(source, metadata);
    if (source.isCorrected()
        && source.config().optionalCount(List.of("sliding_window")).orElse(0) > 0) {
      throw source
          .config()
          .fields()
          .problem("sliding_window", "is set: attention has no window in this family");
    }
  }
}
