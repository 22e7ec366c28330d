package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Solar Open: GLM 4.5 with experts in every layer, whole heads rotated and none normed.
final class SolarOpen {
  private static final String DENSE = "first_k_dense_replace";
  private static final String PART = "partial_rotary_factor";

  /// What the reference takes where no field says how much of a head is rotated.
  private static final double PART_OF_REFERENCE = 0.5;

  /// What transformers' SolarOpenConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 196608,
                  "hidden_size", 4096,
                  "num_hidden_layers", 48,
                  "num_attention_heads", 64,
                  "head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 1000000.0))
          .with(
              Map.of(
                  "num_key_value_heads", 8,
                  "moe_intermediate_size", 1280,
                  "num_experts_per_tok", 8,
                  "n_shared_experts", 1,
                  "n_routed_experts", 128,
                  "routed_scaling_factor", 1.0,
                  "n_group", 1,
                  "topk_group", 1,
                  "norm_topk_prob", true));

  static final Family FAMILY =
      Family.builder("Solar Open", "glm4moe")
          .models("Solar Open 100B")
          .defaults(DEFAULTS, "solar_open")
          .aliases(Map.of("n_routed_experts", List.of("num_local_experts")))
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommonTensors.norms("attn_norm", "post_attention_norm"),
              CommonTensors.attention(Announcement.by("attention_bias", false), Announcement.NEVER),
              Glm4Moe.EXPERT_NETWORK,
              DeepSeek.SHARED_EXPERTS,
              Glm4Moe.CORRECTION)
          .metadata(
              NetworkKeys.ALL,
              SolarOpen::rotated,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count("expert_shared_count", "n_shared_experts"),
              SolarOpen::dense,
              Glm4Moe.ROUTING,
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.SOLAR_OPEN)
          .unusedFields("use_qk_norm")
          .build();

  private SolarOpen() {}

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    boolean isSilent =
        rope.real(PART).isEmpty() && source.config().optionalReal(List.of(PART)).isEmpty();
    if (!isSilent || source.isCorrected()) {
      Glm4Moe.rotated(source, metadata);
    } else {
      metadata.putUint32(
          source.key("rope.dimension_count"),
          (long) (source.sizes().headLength() * PART_OF_REFERENCE));
    }
    if (isSilent && source.isCorrected()) {
      source
          .notes()
          .add(
              "no partial_rotary_factor: whole heads are rotated, as transformers does;"
                  + " llama.cpp's converter takes half of them (--as-reference)");
    }
  }

  /// Every layer has experts, whatever config.json says.
  private static void dense(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong said = source.config().optionalCount(List.of(DENSE));
    if (said.isEmpty()) {
      return;
    }
    String key = "leading_dense_block_count";
    metadata.putUint32(source.key(key), source.isCorrected() ? 0 : said.getAsLong());
    if (source.isCorrected() && said.getAsLong() != 0) {
      source
          .notes()
          .add(
              ("%s is 0, since every layer has experts; llama.cpp's converter writes %d"
                      + " (--as-reference)")
                  .formatted(key, said.getAsLong()));
    }
  }
}
