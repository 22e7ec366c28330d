package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.GatedDeltaTensors;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Qwen 3 Next: three of four layers follow the gated delta rule; attention in the others is gated.
/// Norms are stored as their difference from one.
final class Qwen3Next {
  private static final String TYPES = "layer_types";
  private static final String INTERVAL = "full_attention_interval";
  private static final int USUAL_INTERVAL = 4;

  private static final TensorRule.Layers RECURRENT =
      (layer, sizes) ->
          layer < sizes.layers() && isRecurrent(sizes.config(), sizes.layers()).get(layer);

  /// Layers that predict further tokens always have.
  private static final TensorRule.Layers HAVE_EXPERTS =
      (layer, sizes) -> layer >= sizes.layers() || Qwen2Moe.hasExperts(layer, sizes);

  /// Embeddings and norms.
  static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(Transform.PLUS_ONE),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN).with(Transform.PLUS_ONE),
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN)
              .with(Transform.PLUS_ONE));

  /// Attention whose queries have gates beside them, on layers that attend.
  static final List<TensorRule> ATTENTION =
      TensorRule.on(
          TensorRule.Layers.allBut(RECURRENT),
          List.of(
              block("self_attn.q_proj.weight", "attn_q.weight", QUERIES.times(2), HIDDEN),
              block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
              block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
              block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
              block("self_attn.q_norm.weight", "attn_q_norm.weight", HEAD).with(Transform.PLUS_ONE),
              block("self_attn.k_norm.weight", "attn_k_norm.weight", HEAD)
                  .with(Transform.PLUS_ONE)));

  /// What only layers that predict further tokens have.
  static final List<TensorRule> PREDICTORS =
      Predictors.TENSORS.stream().map(Qwen3Next::plusOne).toList();

  /// What transformers' Qwen3NextConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 151936,
                  "hidden_size", 2048,
                  "intermediate_size", 5632,
                  "num_hidden_layers", 48,
                  "num_attention_heads", 16,
                  "max_position_embeddings", 32768,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "head_dim", 256,
                  "partial_rotary_factor", 0.25))
          .with(
              Map.of(
                  "linear_conv_kernel_dim", 4,
                  "linear_key_head_dim", 128,
                  "linear_value_head_dim", 128,
                  "linear_num_key_heads", 16,
                  "linear_num_value_heads", 32))
          .with(
              Map.of(
                  "moe_intermediate_size", 512,
                  "shared_expert_intermediate_size", 512,
                  "num_experts_per_tok", 10,
                  "num_experts", 512,
                  "norm_topk_prob", true))
          .keyHeads(2);

  /// Keys after those that most families have.
  static final MetadataRule KEYS_OF_LAYERS =
      MetadataRule.sequence(
          MetadataRule.size("ssm.conv_kernel", "linear_conv_kernel_dim"),
          MetadataRule.size("ssm.state_size", "linear_key_head_dim"),
          MetadataRule.size("ssm.group_count", "linear_num_key_heads"),
          MetadataRule.size("ssm.time_step_rank", "linear_num_value_heads"),
          MetadataRule.computed("ssm.inner_size", GatedDeltaTensors.VALUES),
          Qwen3Next::recurrentLayers,
          Glm4Moe::rotated);

  /// How transformers computes, and what it has no more.
  static final String[] UNUSED_FIELDS = {"mamba_ssm_dtype", "use_sliding_window"};

  static final Family FAMILY =
      Family.builder("Qwen 3 Next", "qwen3next")
          .models("Qwen 3 Next 80B A3B", "Qwen 3 Coder Next")
          .defaults(DEFAULTS, "qwen3_next")
          .aliases(Qwen3Moe.ALIASES)
          .rename("model.mtp.", "mtp.")
          .tensors(
              FRAME,
              ATTENTION,
              TensorRule.on(RECURRENT, GatedDeltaTensors.JOINED),
              TensorRule.on(
                  TensorRule.Layers.allBut(HAVE_EXPERTS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(HAVE_EXPERTS, Qwen2Moe.EXPERT_NETWORK),
              TensorRule.on(HAVE_EXPERTS, Qwen2Moe.SHARED_EXPERT),
              PREDICTORS)
          .predictors(new Predictors(Qwen3Next::predictors, ExaoneMoe::numbered))
          .metadata(
              NetworkKeys.ALL,
              Qwen2Moe.EXPERT_KEYS,
              Predictors.KEY,
              KEYS_OF_LAYERS,
              Qwen2Moe.expertWeights(Qwen2Moe.Normalization.SUM),
              NetworkKeys.NO_BIASES,
              ActivationRule.SILU)
          .unusedFields(UNUSED_FIELDS)
          .build();

  private Qwen3Next() {}

  static List<TensorRule> onRecurrentLayers(List<TensorRule> rules) {
    return TensorRule.on(RECURRENT, rules);
  }

  private static TensorRule plusOne(TensorRule rule) {
    String source = rule.parts().getFirst().source();
    return source.endsWith("norm.weight") ? rule.with(Transform.PLUS_ONE) : rule;
  }

  /// Published configurations of the first models do not count them.
  static int predictors(ModelConfig config) throws FormatException {
    return (int) config.optionalCount(List.of("mtp_num_hidden_layers")).orElse(1);
  }

  /// Which layers follow the delta rule.
  private static List<Boolean> isRecurrent(ModelConfig config, int layers) throws FormatException {
    Optional<List<String>> types = config.fields().texts(TYPES);
    if (types.isEmpty()) {
      int interval = (int) config.optionalSize(List.of(INTERVAL)).orElse(USUAL_INTERVAL);
      List<Boolean> all = new ArrayList<>();
      for (int layer = 0; layer < layers; layer++) {
        all.add((layer + 1) % interval != 0);
      }
      return all;
    }
    if (types.get().size() != layers) {
      throw config
          .fields()
          .problem(TYPES, "has %d values for %d layers".formatted(types.get().size(), layers));
    }
    for (String type : types.get()) {
      if (!type.equals("linear_attention") && !type.equals("full_attention")) {
        throw config
            .fields()
            .problem(
                TYPES, "has '%s', expected linear_attention or full_attention".formatted(type));
      }
    }
    return types.get().stream().map("linear_attention"::equals).toList();
  }

  private static void recurrentLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    List<Boolean> all = new ArrayList<>(isRecurrent(config, source.sizes().layers()));
    while (all.size() < source.sizes().countedLayers()) {
      all.add(false);
    }
    metadata.put(source.key("attention.recurrent_layers"), MetadataRule.flags(all));
    // transformers forgets the interval once it has made the types of it, and the converter asks
    // transformers. Readers take the flags.
    OptionalLong interval = config.optionalSize(List.of(INTERVAL));
    boolean isForgotten = !source.isCorrected() && config.fields().texts(TYPES).isEmpty();
    metadata.putUint32(
        source.key(INTERVAL), isForgotten ? USUAL_INTERVAL : interval.orElse(USUAL_INTERVAL));
  }
}
