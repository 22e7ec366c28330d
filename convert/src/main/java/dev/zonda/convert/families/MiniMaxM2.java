package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// MiniMax M2: experts on all layers, chosen by a sigmoid and a bias; queries and keys are normed
/// over all heads, and a part of each head is rotated.
final class MiniMaxM2 {
  private static final String ROTATED = "rotary_dim";

  private static final String PART = "partial_rotary_factor";

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private static final List<TensorRule> NORMS =
      List.of(
          block("self_attn.q_norm.weight", "attn_q_norm.weight", Dimension.QUERIES),
          block("self_attn.k_norm.weight", "attn_k_norm.weight", Dimension.KEYS),
          block(
              "block_sparse_moe.e_score_correction_bias",
              "exp_probs_b.bias",
              Dimension.of("num_local_experts")));

  /// What transformers' MiniMaxM2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 200064,
                  "hidden_size", 3072,
                  "intermediate_size", 1536,
                  "num_hidden_layers", 62,
                  "num_attention_heads", 48,
                  "max_position_embeddings", 196608,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 5e6,
                  "num_local_experts", 256,
                  "num_experts_per_tok", 8))
          .keyHeads(8)
          .headLength(128);

  static final Family FAMILY =
      Family.builder("MiniMax M2", "minimax-m2")
          .models("MiniMax M2, M2.1, M2.5")
          .defaults(DEFAULTS, "minimax_m2")
          .aliases(Map.of("num_local_experts", List.of("num_experts")))
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(Announcement.NEVER, Announcement.NEVER),
              NORMS,
              Mixtral.EXPERT_NETWORK)
          .rename(".mlp.", ".block_sparse_moe.")
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "intermediate_size"),
              MiniMaxM2::rotated,
              MiniMaxM2::gating,
              MetadataRule.implied("use_qk_norm", true),
              MetadataRule.implied("qk_norm_type", "per_layer"),
              MetadataRule.implied("use_routing_bias", true),
              MetadataRule.implied("shared_intermediate_size", 0),
              ActivationRule.SILU)
          .unusedFields("attn_type_list", "use_mtp", "num_mtp_modules", "mtp_transformer_layers")
          .build();

  private MiniMaxM2() {}

  /// The class reads the length only where no part is said; without both it rotates whole heads.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int head = source.sizes().headLength();
    OptionalLong said = source.config().optionalSize(List.of(ROTATED));
    RopeParameters rope = RopeParameters.of(source.config());
    OptionalDouble part = rope.real(PART);
    if (part.isEmpty()) {
      part = source.config().optionalReal(List.of(PART));
    }
    boolean isOfPart = part.isPresent() && (source.isCorrected() || said.isEmpty());
    long rotated = isOfPart ? (long) (head * part.getAsDouble()) : said.orElse(head);
    if (rotated < 2 || rotated > head || rotated % 2 != 0) {
      throw rope.problem(
          isOfPart ? PART : ROTATED,
          "makes %d of a head's %d values rotate, expected an even number of them"
              .formatted(rotated, head));
    }
    metadata.putUint32(source.key("rope.dimension_count"), rotated);
  }

  /// The network has these scores, whatever config.json says.
  private static void gating(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.implied("scoring_func", "sigmoid").write(source, metadata);
    String key = source.key("expert_gating_func");
    if (source.isCorrected() && metadata.build().integer(key).orElse(0) != SIGMOID) {
      metadata.putUint32(key, SIGMOID);
      source.noteDropped("scoring_func", "sigmoid", "expert_gating_func");
    }
  }
}
