package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.PLUS_ONE;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
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
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Step 3.5 and 3.7: attention whose heads each token gates, with more heads on layers with a
/// window, and half of each head rotated on the others; experts next to a shared one, whose
/// activations are limited on some layers; layers that predict further tokens.
final class Step35 {
  private static final String TYPES = "layer_types";
  private static final String EXPERT_LAYERS = "moe_layers_enum";
  private static final String OTHERS = "attention_other_setting";
  private static final String LOCAL_HEADS = "num_sliding_attention_heads";
  private static final String EACH_LAYER = "per_layer_config";
  private static final Dimension EXPERTS = Dimension.of("moe_num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED = Dimension.of("share_expert_dim");

  private static final TensorRule.Layers HAVE_EXPERTS = Step35::hasExperts;

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(PLUS_ONE),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> ATTENTION =
      CommonTensors.attention(Announcement.NEVER, Announcement.NEVER);

  private static final List<TensorRule> GATE =
      List.of(
          block("self_attn.g_proj.weight", "attn_gate.weight", HEADS, HIDDEN)
              .with(Step35::squeezed));

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("moe.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("moe.router_bias", "exp_probs_b.bias", EXPERTS),
          TensorRule.together(
                  experts("gate", EXPERTS, EXPERT_FEED_FORWARD, HIDDEN),
                  experts("up", EXPERTS, EXPERT_FEED_FORWARD, HIDDEN),
                  experts("down", EXPERTS, HIDDEN, EXPERT_FEED_FORWARD))
              .or(FusedExperts.of("mlp.experts.", EXPERTS, EXPERT_FEED_FORWARD)),
          shared("gate_proj", "gate", SHARED, HIDDEN),
          shared("up_proj", "up", SHARED, HIDDEN),
          shared("down_proj", "down", HIDDEN, SHARED));

  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(), Stream.of(VisionTower.part("vit_large_projector.*")))
          .toList();

  /// What transformers' Step3p7TextConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128815,
                  "hidden_size", 4096,
                  "intermediate_size", 11264,
                  "num_hidden_layers", 45,
                  "num_attention_heads", 64,
                  "num_key_value_heads", 8,
                  "head_dim", 128,
                  "max_position_embeddings", 128000,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .with(
              Map.of(
                  "moe_num_experts", 288,
                  "moe_top_k", 8,
                  "moe_intermediate_size", 1280,
                  "share_expert_dim", 1280,
                  "moe_router_scaling_factor", 1.0));

  static final Family FAMILY =
      Family.builder("Step 3.5", "step35")
          .models("Step 3.5 Flash", "Step 3.7 Flash (text part)")
          .publishedDefaults(DEFAULTS, "step3p5", "step3p7")
          .aliases(
              Map.of(
                  "num_key_value_heads", List.of("num_attention_groups"),
                  "moe_num_experts", List.of("n_routed_experts", "num_local_experts"),
                  "moe_top_k", List.of("num_experts_per_tok"),
                  "share_expert_dim", List.of("share_expert_dims"),
                  "num_nextn_predict_layers", List.of("num_mtp_layers")))
          .rename("language_model.", "")
          .rename(".transformer.shared_head.output.", ".shared_head.head.")
          .rename(".transformer.", ".")
          .rename(".mlp.gate.weight", ".moe.gate.weight")
          .rename(".mlp.gate.e_score_correction_bias", ".moe.router_bias")
          .rename(".mlp.shared_experts.", ".share_expert.")
          .tensors(
              FRAME,
              plusOne(CommonTensors.norms("attn_norm", "ffn_norm")),
              ATTENTION,
              GATE,
              plusOne(CommonTensors.HEAD_NORMS),
              TensorRule.on(
                  TensorRule.Layers.allBut(HAVE_EXPERTS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(HAVE_EXPERTS, EXPERT_NETWORK),
              plusOne(Predictors.TENSORS))
          .leftovers(LEFTOVERS)
          .layerSizes(Step35::sizes)
          .predictors(Predictors.USUAL)
          .rope(RopeStyle.PLAIN_WINDOWS)
          .metadata(
              NetworkKeys.ALL,
              Step35::layers,
              MetadataRule.size("expert_count", "moe_num_experts"),
              MetadataRule.size("expert_used_count", "moe_top_k"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.size("expert_shared_feed_forward_length", "share_expert_dim"),
              MetadataRule.real("expert_weights_scale", "moe_router_scaling_factor"),
              Step35::weights,
              Step35::denseLayers,
              Step35::epsilon,
              (source, metadata) -> limits(source, "swiglu_limits", "swiglu_clamp_exp", metadata),
              (source, metadata) ->
                  limits(source, "swiglu_limits_shared", "swiglu_clamp_shexp", metadata),
              Predictors.KEY,
              Step35::rotated,
              Gemma2.keepScale(0),
              MetadataRule.implied("moe_router_activation", "sigmoid"),
              MetadataRule.only("attention_bias", false, "attention has biases"),
              MetadataRule.only("mlp_bias", false, "networks have biases"),
              ActivationRule.SILU)
          .generated(Step35::factors)
          .unusedFields(
              "att_impl_type",
              "max_seq_len",
              "moe_layer_offset",
              "need_fp32_gate",
              "use_head_wise_attn_gate",
              "use_moe",
              "use_moe_router_bias",
              "use_qk_norm",
              "yarn_only_types",
              "zero_centered",
              "projector_bias",
              "understand_projector_stride",
              "image_token_len",
              "patch_token_len",
              "im_start_token",
              "im_end_token",
              "im_patch_token",
              "vision_select_layer")
          .build();

  private Step35() {}

  /// The reference makes a vector of the matrix of a single head.
  private static Expression squeezed(Expression matrix, ModelSizes sizes) {
    Shape shape = matrix.shape();
    return shape.dimension(0) == 1 ? matrix.reshaped(shape.rowLength()) : matrix;
  }

  private static List<TensorRule> plusOne(List<TensorRule> rules) {
    return rules.stream()
        .map(rule ->
            rule.parts().getFirst().source().endsWith("norm.weight") ? rule.with(PLUS_ONE) : rule)
        .toList();
  }

  private static TensorRule experts(String name, Dimension... shape) {
    return block("moe." + name + "_proj.weight", "ffn_" + name + "_exps.weight", shape);
  }

  private static TensorRule shared(String source, String target, Dimension... shape) {
    return block("share_expert." + source + ".weight", "ffn_" + target + "_shexp.weight", shape);
  }

  /// What a list says of a layer. What it says of layers that predict further tokens stands at its
  /// end, or in a list of their own.
  private static Optional<String> kind(ModelConfig config, String field, int layer)
      throws FormatException {
    JsonFields fields = config.fields();
    List<String> kinds = fields.texts(field).orElse(List.of());
    int layers = config.size("num_hidden_layers");
    int place = layer;
    if (layer >= layers && kinds.size() <= layers) {
      kinds = fields.texts("mtp_" + field).orElse(List.of());
      place = layer - layers;
    }
    return place < kinds.size() ? Optional.of(kinds.get(place)) : Optional.empty();
  }

  private static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    String type = kind(config, TYPES, layer).orElse("full_attention");
    return switch (type) {
      case "sliding_attention" -> true;
      case "full_attention" -> false;
      default ->
          throw config
              .fields()
              .problem(
                  TYPES,
                  "holds '%s', expected full_attention or sliding_attention".formatted(type));
    };
  }

  private static ModelSizes sizes(ModelSizes sizes, int layer) throws FormatException {
    JsonFields fields = sizes.config().fields();
    Optional<JsonFields> each = fields.object(EACH_LAYER);
    if (each.isPresent() && layer < sizes.config().size("num_hidden_layers")) {
      Optional<JsonFields> own = each.get().object(Integer.toString(layer));
      return own.isPresent() ? withHeads(sizes, layer, own.get()) : sizes.at(layer);
    }
    if (!isLocal(layer, sizes.config())) {
      return sizes.at(layer);
    }
    if (fields.has(LOCAL_HEADS)) {
      return withHeads(sizes, layer, fields, LOCAL_HEADS);
    }
    Optional<JsonFields> others = fields.object(OTHERS);
    return others.isPresent() ? withHeads(sizes, layer, others.get()) : sizes.at(layer);
  }

  private static ModelSizes withHeads(ModelSizes sizes, int layer, JsonFields others)
      throws FormatException {
    others.skip("attention_type", "true_head_dim");
    requireSame(others, "num_attention_groups", sizes.keyValueHeads());
    requireSame(others, "num_key_value_heads", sizes.keyValueHeads());
    requireSame(others, "head_dim", sizes.headLength());
    return withHeads(sizes, layer, others, "num_attention_heads");
  }

  private static ModelSizes withHeads(ModelSizes sizes, int layer, JsonFields fields, String field)
      throws FormatException {
    long heads = fields.integer(field, 1, Short.MAX_VALUE).orElse(sizes.heads());
    if (heads % sizes.keyValueHeads() != 0) {
      throw fields.problem(
          field,
          "is %d, expected a multiple of the heads of keys, %d"
              .formatted(heads, sizes.keyValueHeads()));
    }
    return sizes.at(layer).withHeads((int) heads, sizes.keyValueHeads(), sizes.headLength());
  }

  private static void requireSame(JsonFields others, String field, int usual)
      throws FormatException {
    long said = others.integer(field, 1, Short.MAX_VALUE).orElse(usual);
    if (said != usual) {
      throw others.problem(field, "is %d, expected %d as on all layers".formatted(said, usual));
    }
  }

  private static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    JsonFields fields = sizes.config().fields();
    if (fields.has("mlp_layer_types")) {
      return kind(sizes.config(), "mlp_layer_types", layer).equals(Optional.of("sparse"));
    }
    Optional<JsonNode> said = fields.get(EXPERT_LAYERS);
    if (said.isEmpty()) {
      return layer >= 3 && layer < sizes.layers();
    }
    String all =
        said.get().isString()
            ? said.get().stringValue()
            : said.get().toString().replaceAll("[\\[\\]]", "");
    return Stream.of(all.split(",")).map(String::strip).anyMatch(Integer.toString(layer)::equals);
  }

  private static void layers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<MetadataValue> heads = new ArrayList<>();
    List<MetadataValue> keyHeads = new ArrayList<>();
    List<Boolean> isLocal = new ArrayList<>();
    ModelSizes all = source.sizes();
    for (int layer = 0; layer < all.countedLayers(); layer++) {
      ModelSizes sizes = sizes(all, layer);
      heads.add(new MetadataValue.Int32(sizes.heads()));
      keyHeads.add(new MetadataValue.Int32(sizes.keyValueHeads()));
      isLocal.add(isLocal(layer, source.config()));
    }
    takeFirstBases(source, metadata);
    metadata.put(
        source.key("attention.head_count"), new MetadataValue.Array(MetadataType.INT32, heads));
    if (!source.config().fields().has("num_key_value_heads")) {
      metadata.remove(source.key("attention.head_count_kv"));
    }
    metadata.put(
        source.key("attention.head_count_kv"),
        new MetadataValue.Array(MetadataType.INT32, keyHeads));
    int window =
        isLocal.contains(true)
            ? source.config().size("sliding_window")
            : (int) source.config().optionalCount(List.of("sliding_window")).orElse(0);
    metadata.putUint32(source.key("attention.sliding_window"), window);
    metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(isLocal));
  }

  /// The reference takes the first two numbers, whatever layers they are for, and a single one for
  /// layers without a window alone.
  private static void takeFirstBases(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = source.key("rope.freq_base_swa");
    JsonFields fields = source.config().fields();
    JsonNode said = fields.node().path("rope_theta");
    if (source.isCorrected()) {
      noteBases(source, said);
      return;
    }
    if (!said.isArray()) {
      metadata.remove(key);
      return;
    }
    List<Double> bases = fields.reals("rope_theta").orElseThrow();
    if (bases.size() > 1) {
      metadata.putFloat32(source.key("rope.freq_base"), bases.get(0).floatValue());
      metadata.putFloat32(key, bases.get(1).floatValue());
    }
  }

  private static void noteBases(MetadataRule.Source source, JsonNode said) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (rope.slidingTheta().isEmpty()) {
      return;
    }
    double full = rope.theta().orElse(10000);
    double local = rope.slidingTheta().getAsDouble();
    if (said.isNumber()) {
      source.noteDropped("rope_theta of layers with a window", local, "rope.freq_base_swa");
    } else if (said.size() > 1
        && (said.get(0).doubleValue() != full || said.get(1).doubleValue() != local)) {
      source
          .notes()
          .add(
              ("rope_theta is %s, and %s on layers with a window; llama.cpp's converter takes the"
                      + " first two numbers, %s and %s (--as-reference)")
                  .formatted(full, local, said.get(0), said.get(1)));
    }
  }

  /// The network divides them by their sum, whatever config.json says.
  private static void weights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "norm_expert_weight";
    String key = "expert_weights_norm";
    MetadataRule.implied(field, true).write(source, metadata);
    boolean isSaid = source.config().is(field);
    if (source.isCorrected()) {
      metadata.putBool(source.key(key), true);
      if (!isSaid) {
        source.noteDropped("what the network does with the weights of experts", true, key);
      }
    } else if (source.config().fields().has(field)) {
      metadata.putBool(source.key(key), isSaid);
    }
  }

  private static void denseLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    boolean isSaid = source.isCorrected() || source.config().fields().has(EXPERT_LAYERS);
    int dense = 0;
    while (isSaid && dense < sizes.layers() && !hasExperts(dense, sizes)) {
      dense++;
    }
    metadata.putUint32(source.key("leading_dense_block_count"), dense);
    metadata.putUint32(
        source.key("moe_every_n_layers"),
        source.config().fields().integer("moe_every_n_layer", 0, Integer.MAX_VALUE).orElse(1));
  }

  /// The reference has a default of its own for this field, and only for it.
  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    metadata.putFloat32(
        source.key("attention.layer_norm_rms_epsilon"),
        (float) source.config().optionalReal(List.of("rms_norm_eps")).orElse(1e-5));
  }

  private static void limits(
      MetadataRule.Source source, String field, String key, Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonNode> said = source.config().fields().get(field);
    if (said.isEmpty()) {
      return;
    }
    if (!said.get().isArray()) {
      throw source
          .config()
          .fields()
          .problem(field, "is %s, expected a number for each layer".formatted(said.get()));
    }
    List<MetadataValue> limits = new ArrayList<>();
    for (int layer = 0; layer < source.sizes().countedLayers(); layer++) {
      JsonNode limit = said.get().path(layer);
      if (!(limit.isMissingNode()
          || limit.isNull()
          || (limit.isNumber() && limit.doubleValue() >= 0))) {
        throw source
            .config()
            .fields()
            .problem(field, "holds %s, expected a number from 0".formatted(limit));
      }
      limits.add(new MetadataValue.Float32(limit.isNumber() ? (float) limit.doubleValue() : 0));
    }
    metadata.put(source.key(key), new MetadataValue.Array(MetadataType.FLOAT32, limits));
  }

  /// llama.cpp rotates half of what the key says on layers that see all.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    RopeParameters rope = RopeParameters.of(source.config());
    int head = source.sizes().headLength();
    int full = RopeFactors.rotated(source, rope);
    int local = localRotated(source, rope);
    if (2 * full != head || local != head) {
      metadata.putUint32(source.key("rope.dimension_count"), 2L * full);
      metadata.putUint32(source.key("rope.dimension_count_swa"), local);
      source.noteDropped(
          "values of a head that are rotated", full + ", " + local, "rope.dimension_count");
    }
  }

  private static int localRotated(MetadataRule.Source source, RopeParameters rope)
      throws FormatException {
    double part =
        rope.sliding().isPresent()
            ? rope.sliding().get().real("partial_rotary_factor").orElse(1)
            : 1;
    return (int) (source.sizes().headLength() * part);
  }

  /// As many as the layers have that rotate most.
  private static List<Target> factors(MetadataRule.Source source) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    int full = RopeFactors.rotated(source, rope);
    int head = source.sizes().headLength();
    boolean hasLocal = false;
    for (int layer = 0; layer < source.sizes().layers(); layer++) {
      hasLocal |= isLocal(layer, source.config());
    }
    int most = hasLocal ? Math.max(full, localRotated(source, rope)) : full;
    return RopeFactors.padded(source, full, (source.isCorrected() ? most : head) / 2);
  }
}
