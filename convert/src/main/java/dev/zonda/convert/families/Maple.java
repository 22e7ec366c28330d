package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/// Maple: many small experts whose activation is bounded, positions on layers with a window only.
final class Maple {
  private static final Announcement BIASES = Announcement.by("use_bias", false);

  /// By which gates are bounded from above, and what they gate on both sides.
  private static final float LIMIT = 7;

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.word_embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN)
              .or(
                  TensorRule.of(
                      "model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN)),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  static final Family FAMILY =
      Family.builder("Maple", "maple")
          .models("Maple Preview 20B A1B")
          .aliases(Map.of("rope_theta", List.of("rope_base")))
          .tensors(
              EMBEDDINGS,
              CommonTensors.norms("attn_norm", "ffn_norm"),
              CommonTensors.attention(Announcement.NEVER, BIASES),
              CommonTensors.HEAD_NORMS,
              Qwen2Moe.EXPERT_NETWORK)
          .metadata(
              Maple::requireKnown,
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              (source, metadata) ->
                  metadata.putUint32(source.key("rope.dimension_count"), rotated(source)),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              (source, metadata) ->
                  metadata.put(
                      source.key("attention.sliding_window_pattern"),
                      MetadataRule.flags(windows(source))),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              Maple::limits,
              MetadataRule.implied("first_k_dense_replace", 0))
          .build();

  private Maple() {}

  /// What neither llama.cpp's architecture nor an evaluation has in another way.
  private static void requireKnown(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    require(source, source.config().text("hidden_act").orElse("silu").equals("silu"), "hidden_act");
    require(
        source,
        source.config().optionalCount(List.of("num_shared_experts")).orElse(0) == 0,
        "num_shared_experts");
    boolean isNormalized =
        !source.config().fields().has("norm_topk_prob") || source.config().is("norm_topk_prob");
    require(source, isNormalized, "norm_topk_prob");
    require(source, source.config().is("nope_on_global_attention"), "nope_on_global_attention");
  }

  private static void require(MetadataRule.Source source, boolean isKnown, String field)
      throws FormatException {
    if (!isKnown) {
      throw source
          .config()
          .fields()
          .problem(field, "is not what published models have, which cannot be converted");
    }
  }

  private static long rotated(MetadataRule.Source source) throws FormatException {
    return (long) (source.sizes().headLength() * RopeParameters.of(source.config()).rotatedPart());
  }

  private static List<Boolean> windows(MetadataRule.Source source) throws FormatException {
    List<String> types = source.config().fields().texts("layer_types").orElse(List.of());
    List<Boolean> windows = new ArrayList<>();
    for (String type : types) {
      if (!List.of("sliding_attention", "full_attention").contains(type)) {
        throw source
            .config()
            .fields()
            .problem("layer_types", "holds '%s', which is unknown".formatted(type));
      }
      windows.add(type.equals("sliding_attention"));
    }
    if (windows.size() != source.sizes().layers()) {
      throw source
          .config()
          .fields()
          .problem(
              "layer_types",
              "is for %d layers, but the model has %d"
                  .formatted(windows.size(), source.sizes().layers()));
    }
    return windows;
  }

  private static void limits(MetadataRule.Source source, Metadata.Builder metadata) {
    metadata.put(
        source.key("swiglu_clamp_exp"),
        new MetadataValue.Array(
            MetadataType.FLOAT32,
            Collections.nCopies(source.sizes().layers(), new MetadataValue.Float32(LIMIT))));
  }
}
