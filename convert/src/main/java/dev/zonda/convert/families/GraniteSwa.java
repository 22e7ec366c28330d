package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Granite with a sliding window on three of four layers, a sink in each head, and positions on
/// some layers only; also with experts, whose gate and up stay in one tensor.
final class GraniteSwa {
  private static final String PATTERN = "attention.rope_pattern";
  private static final String THETAS = "layer_rope_theta";
  private static final String POSITIONLESS = "no_rope_layers";
  private static final int GLOBAL_STEP = 4;

  private static final WindowRule WINDOWS =
      WindowRule.written((layer, config) -> layer % GLOBAL_STEP != 0);

  private static final List<TensorRule> SINKS =
      List.of(block("self_attn.sinks", "attn_sinks.weight", HEADS));

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          GraniteMoe.ROUTER,
          gateAndUp("experts.gate_up_proj")
              .or(gateAndUp("input_linear.weight"))
              .or(gateAndUp("experts.gate_up_proj.weight")),
          GraniteMoe.down("experts.down_proj")
              .or(GraniteMoe.down("output_linear.weight"))
              .or(GraniteMoe.down("experts.down_proj.weight")));

  private static final List<TensorRule> SHARED_EXPERT =
      TensorRule.on(
          (layer, sizes) -> GraniteMoe.shared(sizes.config()) > 0,
          List.of(
              block(
                  "shared_mlp.input_linear.weight",
                  "ffn_up_shexp.weight",
                  GraniteMoe.SHARED.times(2),
                  HIDDEN),
              block(
                  "shared_mlp.output_linear.weight",
                  "ffn_down_shexp.weight",
                  HIDDEN,
                  GraniteMoe.SHARED)));

  private static final MetadataRule KEYS =
      MetadataRule.sequence(Granite.KEYS, GraniteSwa::windows, GraniteSwa::positions);

  /// What transformers' GraniteSWAConfig says.
  private static final Defaults DEFAULTS =
      Granite.DEFAULTS
          .with(
              Map.of(
                  "vocab_size", 100352,
                  "hidden_size", 2560,
                  "intermediate_size", 8192,
                  "num_hidden_layers", 24,
                  "num_attention_heads", 20,
                  "max_position_embeddings", 8192,
                  "rms_norm_eps", 1e-5,
                  "tie_word_embeddings", true,
                  "sliding_window", 128))
          .keyHeads(4);

  static final Family FAMILY =
      Family.builder("Granite SWA", "granite_swa")
          .like(Granite.FAMILY)
          .models("Granite with sliding windows")
          .defaults(DEFAULTS, "granite_swa")
          .tensors(
              CommonTensors.FRAME,
              Llama.BIASED_ATTENTION,
              SINKS,
              CommonTensors.feedForward(Announcement.by("mlp_bias", false)))
          .metadata(KEYS, ActivationRule.SILU)
          .build();

  static final Family WITH_EXPERTS =
      Family.builder("Granite MoE SWA", "granite_swa")
          .like(Granite.FAMILY)
          .models("Granite Swash 3B A600M")
          // What transformers' GraniteMoeSWAConfig says.
          .defaults(GraniteMoe.DEFAULTS.with(Map.of("sliding_window", 128)), "granitemoe_swa")
          .tensors(
              CommonTensors.FRAME, Llama.BIASED_ATTENTION, SINKS, EXPERT_NETWORK, SHARED_EXPERT)
          .metadata(
              KEYS,
              GraniteMoe::sharedLength,
              ActivationRule.SILU,
              MetadataRule.implied("mlp_bias", false))
          .build();

  private GraniteSwa() {}

  private static TensorRule gateAndUp(String name) {
    return block(
        "block_sparse_moe." + name,
        "ffn_gate_up_exps.weight",
        GraniteMoe.EXPERTS,
        FEED_FORWARD.times(2),
        HIDDEN);
  }

  /// The reference always writes which layers have a window.
  private static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<Boolean> layers = WINDOWS.layers(source);
    JsonFields config = source.config().fields();
    if (source.isCorrected() && layers.contains(true) && isDenied(config, "sliding_window")) {
      throw config.problem("sliding_window", "is missing, but there are layers that need it");
    }
    MetadataRule.size("attention.sliding_window", "sliding_window").write(source, metadata);
    metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(layers));
  }

  private static boolean isDenied(JsonFields config, String field) {
    return config.mentions(field) && !config.has(field);
  }

  /// The class reads a base frequency for each layer, where zero stands for no positions; the
  /// reference reads flags, which the class does not.
  private static void positions(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<List<Boolean>> flags = flags(source.config().fields());
    if (!source.isCorrected()) {
      flags.ifPresent(all -> metadata.put(source.key(PATTERN), MetadataRule.flags(all)));
      return;
    }
    List<Double> thetas = thetas(source);
    List<Boolean> isRotated = thetas.stream().map(theta -> theta != 0).toList();
    if (flags.isPresent() && !flags.get().equals(isRotated)) {
      source
          .notes()
          .add(
              POSITIONLESS
                  + " is not read by the family's class: layers with positions are "
                  + MetadataRule.layersWith(isRotated));
    }
    if (isRotated.contains(false)) {
      metadata.put(source.key(PATTERN), MetadataRule.flags(isRotated));
      source.noteDropped("layers with positions", MetadataRule.layersWith(isRotated), PATTERN);
    }
    writeBase(source, thetas.stream().filter(theta -> theta != 0).distinct().toList(), metadata);
  }

  private static void writeBase(
      MetadataRule.Source source, List<Double> bases, Metadata.Builder metadata)
      throws FormatException {
    if (bases.size() > 1) {
      throw source
          .config()
          .fields()
          .problem(
              THETAS,
              "holds %s, several base frequencies, which can neither be written nor evaluated"
                  .formatted(bases));
    }
    double global = RopeParameters.of(source.config()).theta().orElse(10000);
    if (!bases.isEmpty() && bases.getFirst() != global) {
      metadata.putFloat32(source.key("rope.freq_base"), bases.getFirst().floatValue());
      source.noteDropped(THETAS, bases.getFirst(), "rope.freq_base");
    }
  }

  private static Optional<List<Boolean>> flags(JsonFields config) throws FormatException {
    return config
        .integers(POSITIONLESS)
        .filter(all -> !all.isEmpty())
        .map(all -> all.stream().map(flag -> flag != 0).toList());
  }

  /// The base frequency of each layer.
  private static List<Double> thetas(MetadataRule.Source source) throws FormatException {
    int layers = source.sizes().layers();
    Optional<JsonNode> said = source.config().fields().get(THETAS);
    List<Double> thetas = new ArrayList<>();
    if (said.isEmpty()) {
      double global = RopeParameters.of(source.config()).theta().orElse(10000);
      for (int layer = 0; layer < layers; layer++) {
        thetas.add(global);
      }
      return thetas;
    }
    for (JsonNode theta : said.get()) {
      if (theta.isNumber() && theta.doubleValue() >= 0) {
        thetas.add(theta.doubleValue());
      }
    }
    if (!said.get().isArray() || thetas.size() != layers || said.get().size() != layers) {
      throw source
          .config()
          .fields()
          .problem(THETAS, "is not a list of a number for each of %d layers".formatted(layers));
    }
    return thetas;
  }
}
