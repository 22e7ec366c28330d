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
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeMagnitude;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Grok 1 and 2: norms before and after each part of a layer, scores that are capped softly,
/// experts with GELU; in Grok 2 a dense network beside them.
final class Grok {
  private static final Dimension EXPERTS = Dimension.of("num_local_experts");

  private static final Dimension EXPERT_FEED_FORWARD =
      new Dimension(
          "moe_intermediate_size",
          sizes ->
              sizes
                  .config()
                  .optionalSize(List.of("moe_intermediate_size", "intermediate_size"))
                  .orElseThrow());

  private static final double CAP = 30;
  private static final String ROUTER_CAP = "router_logit_softcapping";
  private static final String TEMPERATURE = "attention.temperature_length";
  private static final String SCALING = "rope.scaling.";

  /// The names of the first port of Grok 1 to PyTorch, which follow those of its JAX code.
  private static final List<TensorRule> TENSORS_1 =
      List.of(
          TensorRule.of("transformer.in_out_embed.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("transformer.rms_norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          layer("rms_norm.weight", "attn_norm.weight", HIDDEN),
          layer("multi_head_attention.query.weight", "attn_q.weight", QUERIES, HIDDEN),
          layer("multi_head_attention.key.weight", "attn_k.weight", KEYS, HIDDEN),
          layer("multi_head_attention.value.weight", "attn_v.weight", KEYS, HIDDEN),
          layer("multi_head_attention.linear.weight", "attn_output.weight", HIDDEN, QUERIES),
          layer("rms_norm_1.weight", "attn_output_norm.weight", HIDDEN),
          layer("rms_norm_2.weight", "ffn_norm.weight", HIDDEN),
          layer("router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
              layer(
                  "moe.{expert}.linear.weight",
                  "ffn_gate_exps.weight",
                  EXPERTS,
                  EXPERT_FEED_FORWARD,
                  HIDDEN),
              layer(
                  "moe.{expert}.linear_1.weight",
                  "ffn_down_exps.weight",
                  EXPERTS,
                  HIDDEN,
                  EXPERT_FEED_FORWARD),
              layer(
                  "moe.{expert}.linear_v.weight",
                  "ffn_up_exps.weight",
                  EXPERTS,
                  EXPERT_FEED_FORWARD,
                  HIDDEN)),
          layer("rms_norm_3.weight", "layer_output_norm.weight", HIDDEN));

  private static final Announcement DENSE = Announcement.by("residual_moe", false);

  private static final List<TensorRule> TENSORS_2 =
      List.of(
          block("pre_attn_norm.weight", "attn_norm.weight", HIDDEN),
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("post_attn_norm.weight", "attn_output_norm.weight", HIDDEN),
          block("pre_moe_norm.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN).announced(DENSE),
          block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN).announced(DENSE),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD).announced(DENSE),
          block("block_sparse_moe.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
              expert("w1", "ffn_gate_exps.weight", EXPERT_FEED_FORWARD, HIDDEN),
              expert("w2", "ffn_down_exps.weight", HIDDEN, EXPERT_FEED_FORWARD),
              expert("w3", "ffn_up_exps.weight", EXPERT_FEED_FORWARD, HIDDEN)),
          block("post_moe_norm.weight", "post_ffw_norm.weight", HIDDEN));

  /// What the GrokConfig that is published with the port says.
  private static final Defaults DEFAULTS_1 =
      Defaults.of(
              Map.of(
                  "vocab_size", 131072,
                  "hidden_size", 6144,
                  "intermediate_size", 32768,
                  "num_hidden_layers", 64,
                  "num_attention_heads", 48,
                  "num_key_value_heads", 8,
                  "max_position_embeddings", 8192,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "num_local_experts",
                  8,
                  "num_experts_per_tok",
                  2,
                  "attn_output_multiplier",
                  0.08838834764831845,
                  "embedding_multiplier_scale",
                  78.38367176906169,
                  "output_multiplier_scale",
                  0.5773502691896257));

  static final Family FAMILY =
      Family.builder("Grok 1", "grok")
          .models("Grok 1")
          .publishedDefaults(DEFAULTS_1, "grok")
          .tensors(TENSORS_1)
          .prefix("transformer.")
          .leftovers(List.of())
          .metadata(
              NetworkKeys.ALL,
              (source, metadata) -> caps(source, metadata, OptionalDouble.empty()),
              Grok::numbers,
              new ActivationRule("hidden_act", "gelu_new"),
              Grok::noWindow)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  /// Its config.json names a class of transformers that has nothing to do with it.
  static final Family GROK_2 =
      Family.builder("Grok 2", "grok")
          .models("Grok 2")
          .tensors(CommonTensors.EMBEDDINGS, TENSORS_2)
          .metadata(
              (source, metadata) -> NetworkKeys.ALL.write(ofOtherClass(source), metadata),
              (source, metadata) -> caps(source, metadata, OptionalDouble.of(CAP)),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              Grok::scaling,
              Grok::temperature,
              Grok::numbers,
              MetadataRule.only("rope_rotate_half_dims", false, "halves of heads turn"),
              MetadataRule.implied("attn_logit_softcapping_method", "tanh"),
              MetadataRule.implied("sliding_window_size", -1),
              MetadataRule.implied("global_attn_every_n", 1),
              MetadataRule.implied("hidden_act", "gelu"))
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .unusedFields(
              "context_len",
              "load_presharded_attn",
              "load_presharded_embedding",
              "load_presharded_mlp",
              "load_presharded_moe",
              "merge_gate_up",
              "replicate_embedding",
              "replicate_lm_head")
          .build();

  private Grok() {}

  private static TensorRule layer(String source, String target, Dimension... shape) {
    return TensorRule.of(
        "transformer.decoder_layer.{layer}." + source, "blk.{layer}." + target, shape);
  }

  private static TensorRule expert(String name, String target, Dimension... shape) {
    return block(
        "block_sparse_moe.experts.{expert}." + name + ".weight",
        target,
        EXPERTS,
        shape[0],
        shape[1]);
  }

  /// The reference reads config.json by the class that its model_type names, which fills in numbers
  /// of its own.
  private static MetadataRule.Source ofOtherClass(MetadataRule.Source source)
      throws FormatException {
    ModelConfig config = source.config();
    if (source.isCorrected() || !config.text("model_type").equals(Optional.of("git"))) {
      return source;
    }
    Map<String, Object> defaults = new HashMap<>(config.defaults());
    defaults.put("layer_norm_eps", 1e-12);
    return new MetadataRule.Source(
        source.family(),
        new ModelConfig(config.fields(), defaults, config.aliases()),
        source.sizes(),
        source.fileType(),
        source.fidelity(),
        source.notes(),
        source.unwritten());
  }

  /// @param usualOfRouter what its code takes where config.json is silent
  private static void caps(
      MetadataRule.Source source, Metadata.Builder metadata, OptionalDouble usualOfRouter)
      throws FormatException {
    ModelConfig config = source.config();
    for (String field : List.of("attn_logit_softcapping", ROUTER_CAP, "final_logit_softcapping")) {
      OptionalDouble said = config.optionalReal(List.of(field));
      if (source.isCorrected() && said.isPresent() && said.getAsDouble() <= 0) {
        throw config
            .fields()
            .problem(field, "is %s, expected more than 0".formatted(said.getAsDouble()));
      }
    }
    metadata.putFloat32(
        source.key("attn_logit_softcapping"),
        (float) config.optionalReal(List.of("attn_logit_softcapping")).orElse(CAP));
    OptionalDouble said = config.optionalReal(List.of(ROUTER_CAP));
    OptionalDouble ofRouter = said.isPresent() ? said : usualOfRouter;
    if (ofRouter.isPresent() || !source.isCorrected()) {
      metadata.putFloat32(source.key(ROUTER_CAP), (float) ofRouter.orElse(CAP));
    }
    if (source.isCorrected() && ofRouter.isPresent()) {
      noteUnread(source, ROUTER_CAP);
    }
    OptionalDouble ofTokens = config.optionalReal(List.of("final_logit_softcapping"));
    if (ofTokens.orElse(0) != 0) {
      metadata.putFloat32(source.key("final_logit_softcapping"), (float) ofTokens.getAsDouble());
    }
  }

  private static void noteUnread(MetadataRule.Source source, String key) {
    source.notes().add("%s is written, but llama.cpp does not apply it".formatted(source.key(key)));
  }

  /// Scores grow beyond a length.
  private static void temperature(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong length = source.config().fields().integer("attn_temperature_len");
    if (source.isCorrected() && length.orElse(0) == 1) {
      throw source
          .config()
          .fields()
          .problem("attn_temperature_len", "is 1, expected more, or 0 for scores that do not grow");
    }
    // Its code takes numbers below zero, too, for none.
    boolean isNone = length.orElse(0) == 0 || (source.isCorrected() && length.getAsLong() < 0);
    if (!isNone) {
      metadata.putUint32(source.key(TEMPERATURE), length.getAsLong());
      if (source.isCorrected()) {
        noteUnread(source, TEMPERATURE);
      }
    }
  }

  /// What products and features are multiplied by, and that weights of experts stay as they are.
  private static void numbers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    double usual = Math.pow(source.sizes().headLength(), -0.5);
    metadata.putFloat32(
        source.key("attention.output_scale"),
        (float) config.optionalReal(List.of("attn_output_multiplier")).orElse(usual));
    metadata.putFloat32(
        source.key("embedding_scale"), (float) number(config, "embedding_multiplier_scale"));
    metadata.putFloat32(
        source.key("logit_scale"), (float) number(config, "output_multiplier_scale"));
    if (source.isCorrected()) {
      metadata.putBool(source.key("expert_weights_norm"), false);
      source
          .notes()
          .add(
              "weights of experts are not divided by their sum, as the published code has it: %s is"
                      .formatted(source.key("expert_weights_norm"))
                  + " written, but llama.cpp divides them");
    }
  }

  private static double number(ModelConfig config, String field) throws FormatException {
    return config
        .optionalReal(List.of(field))
        .orElseThrow(() -> config.fields().problem(field, "is missing, expected a number"));
  }

  /// YaRN in fields at the top of config.json. Its code never enlarges queries and keys.
  private static void scaling(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    String type = config.text("rope_type").orElse("none");
    boolean isYarn =
        source.isCorrected()
            ? List.of("yarn", "yarn_linear").contains(type)
            : List.of("yarn", "original").contains(type);
    config
        .fields()
        .skip(
            "scaling_factor",
            "original_max_position_embeddings",
            "extrapolation_factor",
            "attn_factor",
            "beta_fast",
            "beta_slow");
    if (isYarn) {
      double factor = number(config, "scaling_factor");
      OptionalLong length = config.optionalSize(List.of("original_max_position_embeddings"));
      metadata.putText(source.key(SCALING + "type"), "yarn");
      metadata.putFloat32(source.key(SCALING + "factor"), (float) factor);
      metadata.putUint32(
          source.key(SCALING + "original_context_length"),
          length.orElseThrow(() ->
              config
                  .fields()
                  .problem("original_max_position_embeddings", "is missing, expected a number")));
      writeOr(source, metadata, "yarn_ext_factor", "extrapolation_factor", 1);
      writeOr(source, metadata, "yarn_attn_factor", "attn_factor", 1);
      writeOr(source, metadata, "yarn_beta_fast", "beta_fast", 32);
      writeOr(source, metadata, "yarn_beta_slow", "beta_slow", 1);
      if (source.isCorrected() && factor > 1) {
        metadata.putFloat32(
            source.key(SCALING + "attn_factor"), (float) (1 / RopeMagnitude.yarn(factor, 1)));
        source.noteDropped("attention factor", 1, SCALING + "attn_factor");
      }
      return;
    }
    if (!source.isCorrected() || type.equals("none")) {
      return;
    }
    if (!type.equals("original")) {
      throw config
          .fields()
          .problem(
              "rope_type",
              "is '%s', which cannot be evaluated: expected original, yarn or yarn_linear"
                  .formatted(type));
    }
    source
        .notes()
        .add(
            "rope_type is 'original': positions turn as they are, as the published code has it;"
                + " llama.cpp's converter takes it for YaRN (--as-reference)");
  }

  private static void writeOr(
      MetadataRule.Source source, Metadata.Builder metadata, String key, String field, double usual)
      throws FormatException {
    metadata.putFloat32(
        source.key(SCALING + key),
        (float) source.config().optionalReal(List.of(field)).orElse(usual));
  }

  private static void noWindow(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.isCorrected()
        && source.config().optionalCount(List.of("sliding_window")).orElse(0) > 0) {
      throw source
          .config()
          .fields()
          .problem("sliding_window", "is set: attention has no window in this family");
    }
  }
}
