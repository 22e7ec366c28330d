package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.RopeMagnitude;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Phi 3, 3.5 and 4: queries, keys and values in one matrix, gate and up in one; texts of 128K
/// tokens by two sets of factors for the rotary frequencies.
final class Phi3 {
  /// Names of types that stand for LongRoPE.
  static final List<String> LONG_TYPES = List.of("longrope", "su", "yarn");

  private static final List<TensorRule> NETWORK =
      List.of(
          block("self_attn.qkv_proj.weight", "attn_qkv.weight", QUERIES_KEYS_VALUES, HIDDEN),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("mlp.gate_up_proj.weight", "ffn_up.weight", FEED_FORWARD.times(2), HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(),
              Stream.of("mm_projector.*", "model.mm_projector.*").map(VisionTower::part))
          .toList();

  /// What transformers' Phi3Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32064,
                  "hidden_size", 3072,
                  "intermediate_size", 8192,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 4096,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0,
                  "original_max_position_embeddings", 4096))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("Phi 3", "phi3")
          .models(
              "Phi 3 Mini, Small, Medium",
              "Phi 3.5 Mini",
              "Phi 4",
              "Phi 4 Reasoning Vision (text part)")
          .defaults(DEFAULTS, "phi3")
          .tensors(CommonTensors.FRAME, NETWORK)
          .preamble(Phi3::attentionFactor)
          .metadata(sizes(Phi3::rotated), ActivationRule.SILU, NetworkKeys.NO_BIASES)
          .leftovers(LEFTOVERS)
          .rope(RopeStyle.LONG)
          .generated(Phi3::factors)
          .vocabulary(VocabularyForm.PHI)
          .unusedFields(
              "max_num_patches",
              "min_num_patches",
              "mm_hidden_size",
              "mm_projector_type",
              "mm_vision_select_feature",
              "mm_vision_select_layer",
              "mm_vision_tower",
              "use_mm_proj")
          .build();

  private Phi3() {}

  /// The count of values of a head that are rotated.
  @FunctionalInterface
  interface Rotated {
    long of(MetadataRule.Source source) throws FormatException;
  }

  /// The keys that all networks after Phi 3 have.
  static MetadataRule sizes(Rotated rotated) {
    return MetadataRule.sequence(
        MetadataRule.size("context_length", "max_position_embeddings"),
        (source, metadata) ->
            metadata.putUint32(
                source.key("rope.scaling.original_context_length"),
                RopeParameters.of(source.config()).originalLength()),
        MetadataRule.size("embedding_length", "hidden_size"),
        MetadataRule.size("feed_forward_length", "intermediate_size"),
        MetadataRule.size("block_count", "num_hidden_layers"),
        MetadataRule.size("attention.head_count", "num_attention_heads"),
        MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
        MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
        (source, metadata) ->
            metadata.putUint32(source.key("rope.dimension_count"), rotated.of(source)),
        (source, metadata) ->
            metadata.putFloat32(
                source.key("rope.freq_base"),
                (float) RopeParameters.of(source.config()).theta().orElse(10000)),
        MetadataRule.fileType(),
        (source, metadata) ->
            metadata.putUint32(
                source.key("attention.sliding_window"),
                source.config().optionalSize(List.of("sliding_window")).orElse(0)));
  }

  static long rotated(MetadataRule.Source source) throws FormatException {
    double part = RopeParameters.of(source.config()).rotatedPart();
    return (long) (part * source.sizes().hidden()) / source.sizes().heads();
  }

  /// Longer texts have larger products of queries and keys.
  private static void attentionFactor(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    rope.note(source.notes());
    if (rope.type().equals("default")) {
      return;
    }
    requireLong(rope, LONG_TYPES);
    String key = source.key("rope.scaling.attn_factor");
    double ofReference = referenceFactor(source, rope);
    double factor = source.isCorrected() ? RopeMagnitude.ofLongRope(rope) : ofReference;
    metadata.putFloat32(key, (float) factor);
    if (source.isCorrected() && Math.abs(factor / ofReference - 1) > 1e-6) {
      source.noteDropped("attention factor", factor, "rope.scaling.attn_factor");
    }
  }

  /// All other names of types stand for this one.
  static void requireLong(RopeParameters rope, List<String> types) throws FormatException {
    if (!types.contains(rope.type())) {
      throw rope.problem("type", "is '%s', expected longrope".formatted(rope.type()));
    }
  }

  static double referenceFactor(MetadataRule.Source source, RopeParameters rope)
      throws FormatException {
    long original = rope.originalLength();
    double scale = (double) source.config().size("max_position_embeddings") / original;
    if (scale <= 1) {
      return 1;
    }
    return rope.type().equals("yarn")
        ? 0.1 * Math.log(scale) + 1
        : Math.sqrt(1 + Math.log(scale) / Math.log((double) original));
  }

  private static List<Target> factors(MetadataRule.Source source) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    return LONG_TYPES.contains(rope.type()) ? RopeFactors.longRope(source, rope) : List.of();
  }
}
