package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.RotatedLayers;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Llama 4: experts next to a shared one on some or all layers, stored with their inputs outermost;
/// attention in chunks, but on every fourth layer to the whole text and without rotary embedding.
/// Of a model that sees images, only the text part.
final class Llama4 {
  private static final Dimension DENSE = Dimension.of("intermediate_size_mlp");
  private static final Dimension EXPERTS = Dimension.of("num_local_experts");
  private static final String STEP = "interleave_moe_layer_step";

  /// Tokens of a chunk, and from one step of the temperature to the next, in published models.
  private static final long CHUNK = 8192;

  private static final String CHUNK_FIELD = "attention_chunk_size";

  /// The model with this many experts has no head norms.
  private static final int MAVERICK_EXPERTS = 128;

  private static final double TEMPERATURE = 0.1;

  private static final TensorRule.Layers EXPERT_LAYERS = Llama4::hasExperts;

  private static final List<TensorRule> DENSE_NETWORK =
      List.of(
          block("feed_forward.gate_proj.weight", "ffn_gate.weight", DENSE, HIDDEN),
          block("feed_forward.up_proj.weight", "ffn_up.weight", DENSE, HIDDEN),
          block("feed_forward.down_proj.weight", "ffn_down.weight", HIDDEN, DENSE));

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("feed_forward.router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.split(
              "model.layers.{layer}.feed_forward.experts.gate_up_proj",
              List.of(EXPERTS, HIDDEN, FEED_FORWARD.times(2)),
              new TensorRule.Output(
                  "blk.{layer}.ffn_gate_exps.weight",
                  (source, sizes) -> Transform.FIRST_HALF.apply(new Transpose(source), sizes)),
              new TensorRule.Output(
                  "blk.{layer}.ffn_up_exps.weight",
                  (source, sizes) -> Transform.SECOND_HALF.apply(new Transpose(source), sizes))),
          block(
                  "feed_forward.experts.down_proj",
                  "ffn_down_exps.weight",
                  EXPERTS,
                  FEED_FORWARD,
                  HIDDEN)
              .with(Transform.TRANSPOSE),
          shared("gate_proj", "gate", FEED_FORWARD, HIDDEN),
          shared("up_proj", "up", FEED_FORWARD, HIDDEN),
          shared("down_proj", "down", HIDDEN, FEED_FORWARD));

  /// What transformers' Llama4TextConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 202048,
                  "hidden_size", 5120,
                  "intermediate_size", 8192,
                  "intermediate_size_mlp", 16384,
                  "num_hidden_layers", 48,
                  "num_attention_heads", 40,
                  "head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 5e5))
          .with(
              Map.of(
                  "num_local_experts",
                  16,
                  "num_experts_per_tok",
                  1,
                  STEP,
                  1,
                  CHUNK_FIELD,
                  CHUNK,
                  "no_rope_layer_interval",
                  RotatedLayers.USUAL_STEP,
                  "use_qk_norm",
                  true,
                  "attn_temperature_tuning",
                  true,
                  "floor_scale",
                  CHUNK,
                  "attn_scale",
                  TEMPERATURE))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("Llama 4", "llama4")
          .models("Llama 4 Scout", "Llama 4 Maverick")
          .defaults(DEFAULTS, "llama4_text", "llama4")
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              TensorRule.on(TensorRule.Layers.allBut(EXPERT_LAYERS), DENSE_NETWORK),
              TensorRule.on(EXPERT_LAYERS, EXPERT_NETWORK))
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .metadata(
              NetworkKeys.SIZES,
              MetadataRule.size("feed_forward_length", "intermediate_size_mlp"),
              Llama.OUTPUT,
              MetadataRule.size(STEP, STEP),
              MetadataRule.size("expert_feed_forward_length", "intermediate_size"),
              Llama4::fullAttention,
              Llama4::layers,
              Llama4::keepTemperature,
              ActivationRule.SILU)
          .generated(RopeFactors::targets)
          .build();

  private Llama4() {}

  private static TensorRule shared(String source, String target, Dimension... shape) {
    return block(
        "feed_forward.shared_expert." + source + ".weight",
        "ffn_" + target + "_shexp.weight",
        shape);
  }

  private static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    Optional<List<Long>> said = sizes.config().fields().integers("moe_layers");
    return said.isPresent()
        ? said.get().contains((long) layer)
        : (layer + 1) % sizes.size(STEP) == 0;
  }

  /// Layers that see chunks, those with rotary embedding, and those with experts. llama.cpp has the
  /// first two where published models have them; a pattern of the first can be written.
  private static void layers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    int layers = source.sizes().layers();
    List<Boolean> isRotated = RotatedLayers.of(source.config(), layers);
    OptionalLong chunk = source.config().optionalSize(List.of(CHUNK_FIELD));
    List<Boolean> isChunked = chunked(source, isRotated, chunk.isPresent());
    boolean areAllFull = !isChunked.contains(true);
    List<Boolean> usual = RotatedLayers.allButEvery(RotatedLayers.USUAL_STEP, layers);
    // Without chunks at all, llama.cpp rotates on all layers but the last.
    RotatedLayers.keep(source, areAllFull ? RotatedLayers.allButEvery(layers, layers) : usual);
    if (!areAllFull && !isChunked.equals(usual)) {
      String key = "attention.sliding_window_pattern";
      metadata.put(source.key(key), MetadataRule.flags(isChunked));
      source.noteDropped("layers with chunks", MetadataRule.layersWith(isChunked), key);
    }
    if (areAllFull) {
      metadata.putUint32(source.key("attention.sliding_window"), 0);
    } else if (chunk.getAsLong() != CHUNK) {
      source.noteUnwritten(CHUNK_FIELD, chunk.getAsLong(), CHUNK);
      source.unwritten().putUint32(source.key("attention.chunk_size"), chunk.getAsLong());
    }
    keepExperts(source, layers);
  }

  private static List<Boolean> chunked(
      MetadataRule.Source source, List<Boolean> isRotated, boolean hasChunks)
      throws FormatException {
    String field = "layer_types";
    JsonFields config = source.config().fields();
    Optional<List<String>> types = config.texts(field);
    if (types.isEmpty()) {
      return isRotated.stream().map(flag -> flag && hasChunks).toList();
    }
    requireAll(config, field, types.get().size(), isRotated.size());
    List<Boolean> isChunked = new ArrayList<>();
    for (String type : types.get()) {
      if (!type.equals("full_attention") && !type.equals("chunked_attention")) {
        throw config.problem(
            field, "holds '%s', expected full_attention or chunked_attention".formatted(type));
      }
      isChunked.add(type.equals("chunked_attention"));
    }
    if (isChunked.contains(true) && !hasChunks) {
      throw config.problem(CHUNK_FIELD, "is missing, but there are layers that need it");
    }
    return isChunked;
  }

  private static void requireAll(JsonFields config, String field, int size, int layers)
      throws FormatException {
    if (size != layers) {
      throw config.problem(field, "is for %d layers, but the model has %d".formatted(size, layers));
    }
  }

  private static void keepExperts(MetadataRule.Source source, int layers) throws FormatException {
    List<Boolean> hasExperts = new ArrayList<>();
    boolean isUsual = true;
    for (int layer = 0; layer < layers; layer++) {
      hasExperts.add(hasExperts(layer, source.sizes()));
      isUsual &= hasExperts.getLast() == ((layer + 1) % source.sizes().size(STEP) == 0);
    }
    if (!isUsual) {
      source.noteUnwritten(
          "moe_layers", MetadataRule.layersWith(hasExperts), "what " + STEP + " says");
      source.unwritten().put(source.key("expert_layers"), MetadataRule.flags(hasExperts));
    }
  }

  /// How queries grow, and whether heads are normed: the same in all published models of a size.
  private static void keepTemperature(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    boolean isNormed = config.is("use_qk_norm");
    boolean takenForNormed = source.sizes().size("num_local_experts") != MAVERICK_EXPERTS;
    if (isNormed != takenForNormed) {
      source.noteUnwritten("use_qk_norm", isNormed, takenForNormed);
      source.unwritten().putBool(source.key("attention.head_norms"), isNormed);
    }
    boolean hasWindows =
        metadata.build().integer(source.key("attention.sliding_window")).orElse(1) != 0;
    boolean grows = config.is("attn_temperature_tuning");
    double scale = grows ? config.optionalReal(List.of("attn_scale")).orElse(TEMPERATURE) : 0;
    long length = (long) config.optionalReal(List.of("floor_scale")).orElse(CHUNK);
    double takenScale = hasWindows ? TEMPERATURE : 0;
    if (scale != takenScale) {
      source.noteUnwritten(grows ? "attn_scale" : "attn_temperature_tuning", scale, takenScale);
      source.unwritten().putFloat32(source.key("attention.temperature_scale"), (float) scale);
    }
    if (grows && length != CHUNK) {
      source.noteUnwritten("floor_scale", length, CHUNK);
      source.unwritten().putUint32(source.key("attention.temperature_length"), length);
    }
  }

  /// Small models without chunks say so in their list of layers.
  private static void fullAttention(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<List<String>> types = source.config().fields().texts("layer_types");
    boolean isFull =
        types.isPresent()
            ? types.get().stream().allMatch("full_attention"::equals)
            : !RotatedLayers.of(source.config(), source.sizes().layers()).contains(true);
    if (isFull) {
      metadata.putUint32(source.key("attention.sliding_window"), 0);
    }
  }
}
