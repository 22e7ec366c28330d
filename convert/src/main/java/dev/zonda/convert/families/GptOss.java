package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.convert.sources.Mxfp4Pairs;
import dev.zonda.formats.Shape;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// gpt-oss: experts in four bits (MXFP4), which are kept; attention with a sink per head, on every
/// other layer within a sliding window. Rows of an expert's gate and up alternate.
final class GptOss {
  private static final String EXPERTS_PREFIX = "model.layers.{layer}.mlp.experts.";
  private static final Dimension EXPERTS = Dimension.of("num_local_experts");

  private static final List<TensorRule> TENSORS =
      List.of(
          block("self_attn.sinks", "attn_sinks.weight", HEADS),
          block("mlp.router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("mlp.router.bias", "ffn_gate_inp.bias", EXPERTS),
          block("mlp.experts.down_proj_bias", "ffn_down_exps.bias", EXPERTS, HIDDEN),
          gateAndUp("gate_up_proj_bias", "bias", EXPERTS, FEED_FORWARD.times(2)));

  private static final Announcement BIASES = Announcement.by("attention_bias", true);

  private static final List<TensorRule> ATTENTION = CommonTensors.attention(BIASES, BIASES);

  /// In MXFP4 as published, or in plain numbers.
  private static final List<TensorRule> EXPERT_MATRICES =
      List.of(
          block(
                  "mlp.experts.down_proj" + Mxfp4Pairs.END,
                  "ffn_down_exps.weight",
                  EXPERTS,
                  HIDDEN,
                  FEED_FORWARD)
              .or(
                  block(
                          "mlp.experts.down_proj",
                          "ffn_down_exps.weight",
                          EXPERTS,
                          FEED_FORWARD,
                          HIDDEN)
                      .with(Transform.TRANSPOSE)),
          gateAndUp(
                  "gate_up_proj" + Mxfp4Pairs.END, "weight", EXPERTS, FEED_FORWARD.times(2), HIDDEN)
              .or(
                  TensorRule.split(
                      EXPERTS_PREFIX + "gate_up_proj",
                      List.of(EXPERTS, HIDDEN, FEED_FORWARD.times(2)),
                      new TensorRule.Output(
                          "blk.{layer}.ffn_gate_exps.weight",
                          (source, sizes) -> everyOther(new Transpose(source), 0)),
                      new TensorRule.Output(
                          "blk.{layer}.ffn_up_exps.weight",
                          (source, sizes) -> everyOther(new Transpose(source), 1)))));

  /// What transformers' GptOssConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 201088,
                  "hidden_size", 2880,
                  "intermediate_size", 2880,
                  "num_hidden_layers", 36,
                  "num_attention_heads", 64,
                  "head_dim", 64,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-5,
                  "sliding_window", 128,
                  "num_local_experts", 128))
          .with(Map.of("num_experts_per_tok", 4, "rope_theta", 150000.0))
          .object("rope_parameters", GptOss::yarn)
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("gpt-oss", "gpt-oss")
          .models("gpt-oss 20B", "gpt-oss 120B")
          .defaults(DEFAULTS, "gpt_oss")
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommonTensors.norms("attn_norm", "post_attention_norm"),
              TENSORS,
              ATTENTION,
              EXPERT_MATRICES)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              MetadataRule.size("expert_feed_forward_length", "intermediate_size"),
              WindowRule.written(WindowRule.Layers.EVERY_OTHER),
              keep("swiglu_limit", 7, "swiglu.limit"),
              keep("swiglu_alpha", 1.702, "swiglu.steepness"),
              MetadataRule.implied("hidden_act", "silu"))
          .rope(RopeStyle.EXACT_RAMP)
          .unusedFields("experts_per_token", "initial_context_length")
          .build();

  private GptOss() {}

  private static ObjectNode yarn() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("rope_type", "yarn")
        .put("factor", 32.0)
        .put("beta_fast", 32.0)
        .put("beta_slow", 1.0)
        .put("truncate", false)
        .put("original_max_position_embeddings", 4096);
  }

  /// A number that all published models have.
  private static MetadataRule keep(String field, double usual, String key) {
    return (source, metadata) -> {
      double value = source.config().optionalReal(List.of(field)).orElse(usual);
      if (value != usual) {
        source.noteUnwritten(field, value, usual);
        source.unwritten().putFloat32(source.key(key), (float) value);
      }
    };
  }

  private static TensorRule gateAndUp(String source, String kind, Dimension... shape) {
    return TensorRule.split(
        EXPERTS_PREFIX + source,
        List.of(shape),
        new TensorRule.Output(
            "blk.{layer}.ffn_gate_exps." + kind, (values, sizes) -> everyOther(values, 0)),
        new TensorRule.Output(
            "blk.{layer}.ffn_up_exps." + kind, (values, sizes) -> everyOther(values, 1)));
  }

  /// Every other row of each expert, or every other value of its bias.
  private static Expression everyOther(Expression source, int first) {
    long[] dimensions = source.shape().toArray();
    dimensions[1] /= 2;
    long experts = dimensions[0];
    RowOrder order =
        new RowOrder(
            first,
            List.of(
                new RowOrder.Loop(experts, 2 * dimensions[1]),
                new RowOrder.Loop(dimensions[1], 2)));
    if (source.shape().rank() > 2) {
      return new SelectRows(source, order, Shape.of(dimensions));
    }
    Expression column = source.reshaped(source.shape().elements(), 1);
    return SelectRows.of(column, order).reshaped(dimensions);
  }
}
