package dev.zonda.convert.families;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Command R7B and A: Command R with a sliding window on three of four layers; those without one
/// have no positions.
final class Cohere2 {
  private static final int GLOBAL_STEP = 4;

  /// What transformers' Cohere2Config says.
  private static final Defaults DEFAULTS =
      CommandR.COMMON
          .with(
              Map.of(
                  "rope_theta",
                  10000.0,
                  "sliding_window",
                  4096,
                  "sliding_window_pattern",
                  GLOBAL_STEP))
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Cohere 2", "cohere2")
          .models("Command R7B", "Command A", "Tiny Aya")
          .defaults(DEFAULTS, "cohere2")
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommandR.NORM,
              attention(),
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              NetworkKeys.scale("logit_scale", "logit_scale"),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              MetadataRule.size("vocab_size", "vocab_size"),
              Cohere2::rotated,
              CommandR::scaling,
              WindowRule.written(
                  Cohere2::isLocal, (layer, config) -> (layer + 1) % GLOBAL_STEP != 0),
              ActivationRule.SILU,
              MetadataRule.implied("use_qk_norm", false),
              MetadataRule.implied("use_parallel_block", true),
              MetadataRule.implied("use_gated_activation", true),
              MetadataRule.implied("position_embedding_type", "rope_gptj"))
          // The pattern counts only where layer_types does not stand.
          .unusedFields(
              "_sliding_window_pattern",
              "sliding_window_pattern",
              "cache_implementation",
              "layer_switch",
              "order_of_interleaved_layers",
              "use_embedding_sharing",
              "use_parallel_embedding")
          .build();

  private Cohere2() {}

  static List<TensorRule> attention() {
    Announcement biases = Announcement.by("attention_bias", false);
    return CommonTensors.attention(biases, biases).stream()
        .map(rule ->
            rule.parts().getFirst().source().endsWith(".bias")
                ? rule.with(Cohere2::unlessReference)
                : rule)
        .toList();
  }

  /// The reference fails on them.
  private static Expression unlessReference(Expression bias, ModelSizes sizes)
      throws FormatException {
    if (sizes.fidelity() == Fidelity.AS_REFERENCE) {
      Path file = sizes.config().fields().file();
      throw FormatException.in(
          file.toAbsolutePath().getParent(),
          "has biases, on which llama.cpp's converter fails: leave out --as-reference");
    }
    return bias;
  }

  private static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    return (layer + 1) % config.size("sliding_window_pattern") != 0;
  }

  /// The class rotates all of a head, whatever the field says.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long length = Dimension.HEAD.of(source.sizes());
    double part =
        source.isCorrected() ? 1 : source.config().optionalReal(List.of("rotary_pct")).orElse(1);
    metadata.putUint32(source.key("rope.dimension_count"), (long) (part * length));
    if (source.isCorrected()) {
      MetadataRule.implied("rotary_pct", 1.0).write(source, metadata);
    }
  }
}
