package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// Nemotron-H with experts without gates instead of networks, which may see fewer features than the
/// residual stream has, and a layer that predicts a further token.
final class NemotronHMoe {
  private static final String LATENT = "moe_latent_size";
  private static final Announcement BIASES = Announcement.by("mlp_bias", false);
  private static final Dimension EXPERTS = Dimension.of("n_routed_experts");
  private static final Dimension INNER = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED = Dimension.of("moe_shared_expert_intermediate_size");

  /// What experts see.
  private static final Dimension SEEN =
      new Dimension(
          LATENT + " (hidden_size if there is none)",
          sizes -> latent(sizes.config()).orElse(sizes.hidden()));

  private static final List<TensorRule> NETWORK =
      Stream.of(
              List.of(
                  mixer("gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
                  mixer("gate.e_score_correction_bias", "exp_probs_b.bias", EXPERTS),
                  experts("experts.{expert}.down_proj.weight", "experts.{expert}.up_proj.weight")
                      .or(experts("experts.down_proj", "experts.up_proj"))
                      .or(experts("experts.down_proj.weight", "experts.up_proj.weight"))),
              TensorRule.biased(
                  BIASES,
                  mixer("shared_experts.up_proj.weight", "ffn_up_shexp.weight", SHARED, HIDDEN),
                  mixer(
                      "shared_experts.down_proj.weight", "ffn_down_shexp.weight", HIDDEN, SHARED)))
          .flatMap(List::stream)
          .toList();

  private static final List<TensorRule> BOTTLENECK =
      TensorRule.on(
          (layer, sizes) ->
              NemotronH.is(sizes, layer, NemotronH.Kind.EXPERTS)
                  && latent(sizes.config()).isPresent(),
          TensorRule.biased(
              BIASES,
              mixer("fc1_latent_proj.weight", "ffn_latent_down.weight", SEEN, HIDDEN),
              mixer("fc2_latent_proj.weight", "ffn_latent_up.weight", HIDDEN, SEEN)));

  private static final List<TensorRule> PREDICTOR =
      TensorRule.on(
          Predictors.LAYERS,
          List.of(
              layer("eh_proj.weight", "nextn.eh_proj.weight", HIDDEN, HIDDEN.times(2)),
              layer("enorm.weight", "nextn.enorm.weight", HIDDEN),
              layer("hnorm.weight", "nextn.hnorm.weight", HIDDEN),
              layer("post_attention_norm.weight", "post_attention_norm.weight", HIDDEN),
              layer("final_layernorm.weight", "nextn.shared_head_norm.weight", HIDDEN)));

  static final Family FAMILY =
      Family.builder("Nemotron-H MoE", "nemotron_h_moe")
          .like(NemotronH.FAMILY)
          .models("Nemotron 3 Nano 30B A3B", "Nemotron 3 Super 120B A12B")
          .only(
              new Family.Condition(
                  "layers with experts",
                  config -> NemotronH.kinds(config).contains(NemotronH.Kind.EXPERTS)))
          .defaults(
              NemotronH.DEFAULTS
                  .with(
                      Map.of(
                          "n_routed_experts", 8,
                          "n_shared_experts", 1,
                          "moe_intermediate_size", 7688,
                          "moe_shared_expert_intermediate_size", 7688,
                          "num_experts_per_tok", 2,
                          "routed_scaling_factor", 1.0,
                          "n_group", 1,
                          "topk_group", 1,
                          "norm_topk_prob", true))
                  .with("num_nextn_predict_layers", 0),
              "nemotron_h")
          .sizes((config, rotary, fidelity) ->
              ModelSizes.of(NemotronH.withCount(withExperts(config)), rotary, fidelity))
          .tensors(
              NemotronH.FRAME, NemotronH.on(NemotronH.Kind.EXPERTS, NETWORK), BOTTLENECK, PREDICTOR)
          .predictors(new Predictors(NemotronHMoe::predictors, NemotronHMoe::numbered))
          .routersLikeMatrices(Predictors.LAYERS)
          .metadata(
              NemotronH.KEYS_OF_LAYERS,
              (source, metadata) ->
                  metadata.put(
                      source.key("feed_forward_length"),
                      NemotronH.array(source, NemotronH.Kind.EXPERTS, INNER.of(source.sizes()))),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.size(
                  "expert_shared_feed_forward_length", "moe_shared_expert_intermediate_size"),
              MetadataRule.count("expert_shared_count", "n_shared_experts"),
              (source, metadata) ->
                  metadata.putBool(
                      source.key("expert_weights_norm"), source.config().is("norm_topk_prob")),
              MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
              MetadataRule.size(LATENT, LATENT),
              Predictors.KEY,
              NemotronH.CHECKS)
          .unusedFields(
              Stream.concat(
                      Stream.of(NemotronH.UNUSED_FIELDS),
                      Stream.of(
                          "moe_shared_expert_overlap",
                          "mtp_hybrid_override_pattern",
                          "mtp_layers_block_type"))
                  .toArray(String[]::new))
          .build();

  private NemotronHMoe() {}

  private static TensorRule layer(String source, String target, Dimension... shape) {
    return TensorRule.of(NemotronH.LAYER + source, "blk.{layer}." + target, shape);
  }

  private static TensorRule mixer(String source, String target, Dimension... shape) {
    return layer("mixer." + source, target, shape);
  }

  private static TensorRule experts(String down, String up) {
    return TensorRule.together(
        mixer(down, "ffn_down_exps.weight", EXPERTS, SEEN, INNER),
        mixer(up, "ffn_up_exps.weight", EXPERTS, INNER, SEEN));
  }

  private static OptionalLong latent(ModelConfig config) throws FormatException {
    return config.optionalSize(List.of(LATENT));
  }

  /// GGUF has a place for one.
  private static int predictors(ModelConfig config) throws FormatException {
    long count = config.optionalCount(Predictors.FIELD).orElse(0);
    if (count > 1) {
      throw config
          .fields()
          .problem(Predictors.FIELD.getFirst(), "is %d, expected 0 or 1".formatted(count));
    }
    return (int) count;
  }

  /// Its parts are numbered apart: attention, then experts.
  private static String numbered(String name, int layers) {
    String layer = "backbone.layers." + layers + ".";
    return name.replace("mtp.layers.1.norm.", layer + "post_attention_norm.")
        .replace("mtp.layers.0.", layer)
        .replace("mtp.layers.1.", layer);
  }

  /// One kind of networks has a place in the file.
  private static ModelConfig withExperts(ModelConfig config) throws FormatException {
    if (NemotronH.kinds(config.fields()).contains(NemotronH.Kind.NETWORK)) {
      throw config
          .fields()
          .problem(
              NemotronH.PATTERN,
              "has networks with experts and without, which can neither be written nor evaluated");
    }
    return config;
  }
}
