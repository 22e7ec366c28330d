package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// OLMoE: experts, and norms of all queries and all keys together.
final class Olmoe {
  private static final double EPSILON = 1e-5;

  /// What transformers' OlmoeConfig says.
  private static final Defaults DEFAULTS =
      Olmo.COMMON.with(
          Map.of(
              "hidden_size", 2048,
              "intermediate_size", 2048,
              "num_hidden_layers", 16,
              "num_attention_heads", 16,
              "max_position_embeddings", 4096,
              "rms_norm_eps", EPSILON,
              "num_experts", 64,
              "num_experts_per_tok", 8));

  static final Family FAMILY =
      Family.builder("OLMoE", "olmoe")
          .models("OLMoE 1B 7B")
          .defaults(DEFAULTS, "olmoe")
          .aliases(Map.of("num_experts", List.of("num_local_experts")))
          .tensors(
              CommonTensors.FRAME,
              Olmo2.ATTENTION,
              Olmo2.HEAD_NORMS,
              Qwen2Moe.experts(Dimension.of("num_experts"), FEED_FORWARD))
          .metadata(
              NetworkKeys.ALL,
              Olmoe::epsilon,
              Qwen2Moe.expertWeights(Qwen2Moe.Normalization.NONE),
              Olmoe::keepBound,
              ActivationRule.SILU)
          .build();

  private Olmoe() {}

  /// The reference writes the epsilon of published models.
  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double said = source.config().optionalReal(List.of("rms_norm_eps")).orElse(EPSILON);
    if (!source.isCorrected()) {
      metadata.putFloat32(source.key("attention.layer_norm_rms_epsilon"), (float) EPSILON);
    } else if (said != EPSILON) {
      source.noteDropped("rms_norm_eps", said, "attention.layer_norm_rms_epsilon");
    }
  }

  /// llama.cpp does not bound queries, keys and values in this family.
  private static void keepBound(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble most = Olmo.bound(source);
    if (source.isCorrected() && most.isPresent()) {
      source.noteUnwritten("clip_qkv", most.getAsDouble(), "queries, keys and values of any size");
      source.unwritten().putFloat32(source.key("attention.clamp_kqv"), (float) most.getAsDouble());
    }
  }
}
