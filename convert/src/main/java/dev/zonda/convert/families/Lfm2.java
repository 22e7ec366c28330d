package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.ONE;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/// LFM2: on most layers sums over the last few tokens stand for attention. Of LFM2 VL only the text
/// part.
final class Lfm2 {
  private static final String TYPES = "layer_types";
  private static final String INDICES = "full_attn_idxs";
  private static final String CONVOLUTION = "conv";
  private static final String MULTIPLIER = "block_ffn_dim_multiplier";

  /// Tokens that a sum takes.
  private static final Dimension LENGTH = Dimension.of("conv_L_cache");

  private static final Announcement BIASES = Announcement.by("conv_bias", false);

  private static final TensorRule.Layers ATTENTION_LAYERS =
      (layer, sizes) -> hasAttention(sizes, layer);

  static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          // The norm before the output matrix: llama.cpp's name for it is that of another one.
          TensorRule.of("model.embedding_norm.weight", "token_embd_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("operator_norm.weight", "attn_norm.weight", HIDDEN),
          block("ffn_norm.weight", "ffn_norm.weight", HIDDEN));

  static final List<TensorRule> CONVOLUTIONS =
      TensorRule.on(TensorRule.Layers.allBut(ATTENTION_LAYERS), convolutions());

  static final List<TensorRule> ATTENTION =
      TensorRule.on(
          ATTENTION_LAYERS,
          List.of(
              block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
              block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
              block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
              block("self_attn.out_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
              block("self_attn.q_layernorm.weight", "attn_q_norm.weight", HEAD),
              block("self_attn.k_layernorm.weight", "attn_k_norm.weight", HEAD)));

  /// Heads of keys of each layer: none where sums stand for attention.
  static final MetadataRule KEY_HEADS = Lfm2::keyHeads;

  /// What transformers' Lfm2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 65536,
                  "hidden_size", 2560,
                  "intermediate_size", 12288,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 128000,
                  "norm_eps", 1e-5,
                  "rope_theta", 1e6,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "conv_L_cache",
                  3,
                  "block_multiple_of",
                  256,
                  MULTIPLIER,
                  1.0,
                  "block_auto_adjust_ff_dim",
                  true))
          .keyHeads(8);

  /// What its first code called other fields, and how weights began.
  private static final List<String> UNUSED =
      List.of(
          "block_dim",
          "block_mlp_init_scale",
          "block_norm_eps",
          "block_out_init_scale",
          "block_use_xavier_init",
          "conv_dim",
          "conv_dim_out",
          "conv_use_xavier_init",
          "num_heads");

  /// How images are cut, and what makes them wide enough.
  private static final List<String> UNUSED_OF_IMAGES =
      List.of(
          "do_image_splitting",
          "downsample_factor",
          "encoder_patch_size",
          "max_image_tokens",
          "max_num_patches",
          "max_pixels_tolerance",
          "max_tiles",
          "min_image_tokens",
          "min_tiles",
          "projector_bias",
          "projector_hidden_size",
          "projector_use_layernorm",
          "tile_size",
          "use_image_special_tokens",
          "use_thumbnail");

  static final Family FAMILY =
      Family.builder("LFM2", "lfm2")
          .models("LFM2 350M, 700M, 1.2B, 2.6B", "LFM2.5")
          .defaults(DEFAULTS, "lfm2")
          .aliases(Map.of("tie_word_embeddings", List.of("tie_embedding")))
          .tensors(
              FRAME,
              CONVOLUTIONS,
              ATTENTION,
              network(new Dimension("adjusted block_ff_dim", Lfm2::inner)))
          .metadata(
              NetworkKeys.ALL,
              KEY_HEADS,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("shortconv.l_cache", "conv_L_cache"),
              MetadataRule.real("attention.layer_norm_rms_epsilon", "norm_eps"),
              (source, metadata) ->
                  metadata.putUint32(source.key("feed_forward_length"), inner(source.sizes())),
              MetadataRule.implied("hidden_act", "silu"),
              MetadataRule.implied("block_use_swiglu", true),
              MetadataRule.implied("use_pos_enc", true),
              MetadataRule.implied("theta", 1e6))
          .unusedFields(UNUSED.toArray(String[]::new))
          .build();

  static final Family WITH_IMAGES =
      Family.builder("LFM2 VL", "lfm2")
          .like(FAMILY)
          .models("LFM2 VL, LFM2.5 VL (text part)")
          .defaults(DEFAULTS, "lfm2", "lfm2_vl")
          .rename("language_model.", "")
          .rename("model.model.", "model.")
          .leftovers(VisionTower.LEFTOVERS)
          .unusedFields(
              Stream.concat(UNUSED.stream(), UNUSED_OF_IMAGES.stream()).toArray(String[]::new))
          .build();

  private Lfm2() {}

  private static List<TensorRule> convolutions() {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(
        block("conv.conv.weight", "shortconv.conv.weight", HIDDEN, ONE, LENGTH)
            .with((source, sizes) ->
                source.reshaped(source.shape().dimension(0), source.shape().rowLength())));
    rules.add(block("conv.conv.bias", "shortconv.conv.bias", HIDDEN).optional().announced(BIASES));
    rules.addAll(
        TensorRule.biased(
            BIASES,
            block("conv.in_proj.weight", "shortconv.in_proj.weight", HIDDEN.times(3), HIDDEN),
            block("conv.out_proj.weight", "shortconv.out_proj.weight", HIDDEN, HIDDEN)));
    return rules;
  }

  /// A gated feed-forward network under LFM2's names.
  static List<TensorRule> network(Dimension inner) {
    return List.of(
        block("feed_forward.w1.weight", "ffn_gate.weight", inner, HIDDEN),
        block("feed_forward.w2.weight", "ffn_down.weight", HIDDEN, inner),
        block("feed_forward.w3.weight", "ffn_up.weight", inner, HIDDEN));
  }

  private static void keyHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    List<Boolean> layers = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      layers.add(hasAttention(sizes, layer));
    }
    noteIndices(source, layers);
    int[] heads = new int[layers.size()];
    for (int layer = 0; layer < heads.length; layer++) {
      heads[layer] = layers.get(layer) ? sizes.keyValueHeads() : 0;
    }
    metadata.put(source.key("attention.head_count_kv"), MetadataValue.Array.ofInts(heads));
  }

  /// Whether a layer has attention: as the types of layers say, else as their list does; without
  /// either, all have.
  private static boolean hasAttention(ModelSizes sizes, int layer) throws FormatException {
    JsonFields config = sizes.config().fields();
    Optional<List<String>> types = config.texts(TYPES);
    if (types.isEmpty()) {
      Optional<List<Long>> indices = config.integers(INDICES);
      return indices.isEmpty() || indices.get().contains((long) layer);
    }
    if (types.get().size() != sizes.layers()) {
      throw config.problem(
          TYPES,
          "is for %d layers, but the model has %d".formatted(types.get().size(), sizes.layers()));
    }
    return isAttention(config, types.get().get(layer));
  }

  private static boolean isAttention(JsonFields config, String type) throws FormatException {
    return switch (type) {
      case "full_attention" -> true;
      case CONVOLUTION -> false;
      default ->
          throw config.problem(
              TYPES, "holds '%s', expected full_attention or conv".formatted(type));
    };
  }

  private static void noteIndices(MetadataRule.Source source, List<Boolean> layers)
      throws FormatException {
    Optional<List<Long>> said = source.config().fields().integers(INDICES);
    List<Integer> found = MetadataRule.layersWith(layers);
    if (said.isPresent()
        && !said.get().stream()
            .sorted()
            .toList()
            .equals(found.stream().map(Integer::longValue).toList())) {
      source
          .notes()
          .add("%s is %s: layers with attention are %s".formatted(INDICES, said.get(), found));
    }
  }

  /// Features inside the feed-forward network: two thirds of what config.json says, and more to be
  /// a multiple, unless that is switched off.
  private static long inner(ModelSizes sizes) throws FormatException {
    ModelConfig config = sizes.config();
    long inner =
        config
            .optionalSize(List.of("block_ff_dim", "intermediate_size"))
            .orElseThrow(() -> config.fields().problem("block_ff_dim", "is missing"));
    if (!config.is("block_auto_adjust_ff_dim")) {
      return inner;
    }
    double adjusted = Math.floor(2.0 * inner / 3);
    OptionalDouble multiplier = config.optionalReal(List.of(MULTIPLIER));
    if (multiplier.isEmpty() && sizes.fidelity() == Fidelity.CORRECTED) {
      return (long) adjusted;
    }
    adjusted = Math.floor(multiplier.orElse(1) * adjusted);
    long step = config.size("block_multiple_of");
    if (!(adjusted >= 1 && adjusted <= Integer.MAX_VALUE - step)) {
      throw config
          .fields()
          .problem(MULTIPLIER, "is %s, which makes no size".formatted(multiplier.orElse(1)));
    }
    return Math.ceilDiv((long) adjusted, step) * step;
  }
}
