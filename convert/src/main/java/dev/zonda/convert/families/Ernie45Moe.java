package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// ERNIE 4.5 with experts, which a bias helps to choose and softmax weighs, next to shared ones.
final class Ernie45Moe {
  private static final String START = "moe_layer_start_index";
  private static final String END = "moe_layer_end_index";
  private static final String STEP = "moe_layer_interval";
  private static final String SHARED_COUNT = "moe_num_shared_experts";

  private static final Announcement BIASES = Announcement.by("use_bias", false);

  private static final Dimension EXPERTS = Dimension.of("moe_num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED_FEED_FORWARD =
      Dimension.of(SHARED_COUNT).times(EXPERT_FEED_FORWARD);
  private static final Dimension ONE = new Dimension("1", sizes -> 1);

  private static final TensorRule.Layers EXPERT_LAYERS = Ernie45Moe::hasExperts;
  private static final TensorRule.Layers SHARED_LAYERS =
      (layer, sizes) -> hasExperts(layer, sizes) && shared(sizes.config()) > 0;

  /// The reference writes the experts' matrices in the order in which they are used.
  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("mlp.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
                  expert("gate", EXPERT_FEED_FORWARD, HIDDEN),
                  expert("up", EXPERT_FEED_FORWARD, HIDDEN),
                  expert("down", HIDDEN, EXPERT_FEED_FORWARD))
              .or(FusedExperts.of("mlp.experts.", EXPERTS, EXPERT_FEED_FORWARD)));

  private static final List<TensorRule> CORRECTION =
      List.of(block("mlp.moe_statics.e_score_correction_bias", "exp_probs_b.bias", ONE, EXPERTS));

  private static final List<TensorRule> SHARED_EXPERTS =
      TensorRule.biased(
          BIASES,
          block(
              "mlp.shared_experts.gate_proj.weight",
              "ffn_gate_shexp.weight",
              SHARED_FEED_FORWARD,
              HIDDEN),
          block(
              "mlp.shared_experts.up_proj.weight",
              "ffn_up_shexp.weight",
              SHARED_FEED_FORWARD,
              HIDDEN),
          block(
              "mlp.shared_experts.down_proj.weight",
              "ffn_down_shexp.weight",
              HIDDEN,
              SHARED_FEED_FORWARD));

  private static final List<TensorRule> OUTPUT_BIAS =
      List.of(
          TensorRule.of("lm_head.bias", "output.bias", VOCABULARY).optional().announced(BIASES));

  private static final String PREDICTOR =
      "a layer that predicts a further token, which the reference does not write either";

  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of("block", "emb_norm", "hidden_norm", "linear_proj")
                  .map(part -> Leftover.part("model.mtp_" + part + ".*", PREDICTOR)))
          .toList();

  static final Family FAMILY =
      Family.builder("ERNIE 4.5 MoE", "ernie4_5-moe")
          .models("ERNIE 4.5 21B A3B, 300B A47B")
          // What transformers' Ernie4_5_MoeConfig says.
          .defaults(
              Defaults.of(
                      Map.of(
                          "vocab_size", 103424,
                          "hidden_size", 2560,
                          "intermediate_size", 12288,
                          "num_hidden_layers", 28,
                          "num_attention_heads", 20,
                          "max_position_embeddings", 131072,
                          "rms_norm_eps", 1e-5,
                          "rope_theta", 500000.0,
                          "tie_word_embeddings", true))
                  .with(
                      Map.of(
                          "moe_num_experts",
                          64,
                          "moe_k",
                          6,
                          "moe_intermediate_size",
                          1536,
                          SHARED_COUNT,
                          2,
                          START,
                          1,
                          STEP,
                          1))
                  .keyHeads(4),
              "ernie4_5_moe")
          .aliases(
              Map.of(
                  "moe_num_experts", List.of("num_experts"),
                  "moe_k", List.of("num_experts_per_tok")))
          .tensors(
              CommonTensors.FRAME,
              OUTPUT_BIAS,
              CommonTensors.attention(BIASES, BIASES),
              TensorRule.on(
                  TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.feedForward(BIASES)),
              TensorRule.on(EXPERT_LAYERS, EXPERT_NETWORK),
              TensorRule.on(EXPERT_LAYERS, CORRECTION),
              TensorRule.on(SHARED_LAYERS, SHARED_EXPERTS))
          .rename(".mlp.gate.moe_statics.", ".mlp.moe_statics.")
          .rename("ernie.", "model.")
          .leftovers(LEFTOVERS)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_count", "moe_num_experts"),
              MetadataRule.size("expert_used_count", "moe_k"),
              MetadataRule.size("interleave_moe_layer_step", STEP),
              MetadataRule.count("leading_dense_block_count", START),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count("expert_shared_count", SHARED_COUNT),
              Ernie45Moe::sharedLength,
              Ernie45Moe::requireLastLayers,
              MetadataRule.implied("moe_norm_min", 1e-12),
              MetadataRule.implied("moe_gate", "topk"),
              MetadataRule.implied("moe_use_aux_free", true),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.ERNIE)
          .unusedFields(
              "moe_capacity", "num_nextn_predict_layers", "multi_token_pred_lambda", "moe_group")
          .build();

  private Ernie45Moe() {}

  private static TensorRule expert(String matrix, Dimension rows, Dimension columns) {
    return block(
        "mlp.experts.{expert}." + matrix + "_proj.weight",
        "ffn_" + matrix + "_exps.weight",
        EXPERTS,
        rows,
        columns);
  }

  private static long shared(ModelConfig config) throws FormatException {
    return config.optionalCount(List.of(SHARED_COUNT)).orElse(0);
  }

  /// The last layer that may have experts; the reference has no key for another one than the last.
  private static long end(ModelConfig config) throws FormatException {
    OptionalLong said = config.fields().integer(END, -1, Integer.MAX_VALUE);
    return said.orElse(-1) == -1 ? Integer.MAX_VALUE : said.getAsLong();
  }

  private static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    ModelConfig config = sizes.config();
    long step = config.optionalSize(List.of(STEP)).orElse(1);
    return (layer + 1) % step == 0
        && layer >= config.optionalCount(List.of(START)).orElse(0)
        && layer <= end(config);
  }

  /// The reference takes another length, which is the same in published models.
  private static void sharedLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    if (shared(source.config()) == 0) {
      return;
    }
    long right = SHARED_FEED_FORWARD.of(sizes);
    long ofReference = sizes.size("intermediate_size") / sizes.keyValueHeads();
    metadata.putUint32(
        source.key("expert_shared_feed_forward_length"),
        source.isCorrected() ? right : ofReference);
    if (source.isCorrected() && right != ofReference) {
      source
          .notes()
          .add(
              "shared experts have length %d; llama.cpp's converter writes %d (--as-reference)"
                  .formatted(right, ofReference));
    }
  }

  private static void requireLastLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long end = end(source.config());
    if (source.isCorrected() && end < source.sizes().layers() - 1) {
      throw source
          .config()
          .fields()
          .problem(
              END,
              "is %d: layers without experts behind those with them can neither be written nor evaluated"
                  .formatted(end));
    }
  }
}
