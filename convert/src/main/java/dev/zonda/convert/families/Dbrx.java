package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// DBRX: experts whose matrices lie below each other in one; queries, keys and values in one
/// matrix, and bounded; layer norms without biases.
final class Dbrx {
  private static final String ATTENTION = "attn_config";
  private static final String NETWORK = "ffn_config";
  private static final Dimension EXPERTS = Dimension.of("moe_num_experts");
  private static final Dimension FEED_FORWARD = Dimension.of("ffn_hidden_size");
  private static final Dimension ALL = EXPERTS.times(FEED_FORWARD);

  private static final List<TensorRule> TENSORS =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("transformer.norm_f.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("norm_attn_norm.norm_1.weight", "attn_norm.weight", HIDDEN),
          block("norm_attn_norm.norm_2.weight", "attn_output_norm.weight", HIDDEN),
          block("norm_attn_norm.attn.Wqkv.weight", "attn_qkv.weight", QUERIES_KEYS_VALUES, HIDDEN),
          block("norm_attn_norm.attn.out_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("ffn.router.layer.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("ffn.experts.mlp.w1", "ffn_gate_exps.weight", ALL, HIDDEN).with(Dbrx::stacked),
          block("ffn.experts.mlp.v1", "ffn_up_exps.weight", ALL, HIDDEN).with(Dbrx::stacked),
          block("ffn.experts.mlp.w2", "ffn_down_exps.weight", ALL, HIDDEN)
              .with((source, sizes) -> new Transpose(stacked(source, sizes))));

  /// What transformers' DbrxConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 2048,
                  "num_attention_heads", 16,
                  "num_hidden_layers", 24,
                  "max_seq_len", 2048))
          .following((config, known) ->
              Map.of(
                  "num_key_value_heads", nested(config, ATTENTION, "kv_n_heads", 1),
                  "ffn_hidden_size", nested(config, NETWORK, "ffn_hidden_size", 3584),
                  "moe_num_experts", nested(config, NETWORK, "moe_num_experts", 4),
                  "moe_top_k", nested(config, NETWORK, "moe_top_k", 1)));

  static final Family FAMILY =
      Family.builder("DBRX", "dbrx")
          .models("DBRX Base, Instruct")
          .defaults(DEFAULTS, "dbrx")
          .aliases(
              Map.of(
                  "hidden_size", List.of("d_model"),
                  "num_attention_heads", List.of("n_heads"),
                  "num_hidden_layers", List.of("n_layers")))
          .tensors(TENSORS)
          .prefix("transformer.")
          .leftovers(List.of())
          .routersLikeMatrices(TensorRule.Layers.ALL)
          .metadata(
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("context_length", "max_seq_len"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "ffn_hidden_size"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              Dbrx::attention,
              MetadataRule.size("expert_count", "moe_num_experts"),
              MetadataRule.size("expert_used_count", "moe_top_k"),
              (source, metadata) ->
                  metadata.putFloat32(source.key("attention.layer_norm_epsilon"), 1e-5f),
              MetadataRule.fileType(),
              Dbrx::network)
          .build();

  private Dbrx() {}

  private static long nested(JsonFields config, String object, String field, long usual)
      throws FormatException {
    Optional<JsonFields> part = config.object(object);
    return part.isPresent() ? part.get().integer(field, 1, Integer.MAX_VALUE).orElse(usual) : usual;
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of("transformer.blocks.{layer}." + source, "blk.{layer}." + target, shape);
  }

  private static Expression stacked(Expression source, ModelSizes sizes) throws FormatException {
    return source.reshaped(EXPERTS.of(sizes), FEED_FORWARD.of(sizes), sizes.hidden());
  }

  /// transformers' class reads the base frequency elsewhere than the published code does.
  private static void attention(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonFields> attention = source.config().fields().object(ATTENTION);
    OptionalDouble base =
        attention.isPresent() ? attention.get().real("rope_theta") : OptionalDouble.empty();
    OptionalDouble most =
        attention.isPresent() ? attention.get().real("clip_qkv") : OptionalDouble.empty();
    attention.ifPresent(fields -> fields.skip("attn_pdrop", "model_type"));
    RopeParameters rope = RopeParameters.of(source.config());
    if (source.isCorrected() && !rope.type().equals("default")) {
      throw rope.problem("rope_type", "is '" + rope.type() + "', expected default");
    }
    metadata.putFloat32(source.key("rope.freq_base"), (float) base.orElse(10000));
    metadata.putFloat32(source.key("attention.clamp_kqv"), (float) most.orElse(0));
  }

  private static void network(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonFields> network = source.config().fields().object(NETWORK);
    if (network.isEmpty()) {
      return;
    }
    network.get().skip("moe_jitter_eps", "moe_loss_weight", "model_type", "hidden_size");
    Optional<JsonFields> activation = network.get().object("ffn_act_fn");
    String name = activation.isPresent() ? activation.get().text("name").orElse("silu") : "silu";
    if (source.isCorrected() && !name.equals("silu")) {
      throw network
          .get()
          .problem("ffn_act_fn", "is '" + name + "', which cannot be evaluated: expected silu");
    }
    String field = "moe_normalize_expert_weights";
    boolean isDenied = network.get().mentions(field) && !network.get().has(field);
    double power = network.get().real(field).orElse(1);
    if (source.isCorrected() && power != 1) {
      throw network.get().problem(field, "is %s, expected 1 or null".formatted(power));
    }
    if (source.isCorrected() && isDenied) {
      source.noteUnwritten(field, "null", "weights of experts that add up to one");
      source.unwritten().putBool(source.key("expert_weights_norm"), false);
    }
  }
}
