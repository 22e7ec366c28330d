package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// StableLM 3B and 2: layer norms, rotary embedding of a part of each head; in the largest one
/// attention and feed-forward network side by side, and a norm for each head of queries and keys.
final class StableLm {
  private static final String PARALLEL = "use_parallel_residual";

  private static final Announcement HEAD_NORMS = Announcement.by("qk_layernorm", false);

  private static final List<TensorRule> NORMS =
      TensorRule.biased(
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN)
              .announced(Announcement.without(PARALLEL, false)));

  private static final List<TensorRule> OTHERS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("self_attn.q_layernorm.norms.{expert}.weight", "attn_q_norm.weight", HEADS, HEAD)
              .announced(HEAD_NORMS),
          block(
                  "self_attn.k_layernorm.norms.{expert}.weight",
                  "attn_k_norm.weight",
                  KEY_HEADS,
                  HEAD)
              .announced(HEAD_NORMS));

  /// What transformers' StableLmConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 50304,
                  "hidden_size", 2560,
                  "intermediate_size", 6912,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "num_key_value_heads", 32,
                  "max_position_embeddings", 4096,
                  "layer_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .with(Map.of("partial_rotary_factor", 0.25, PARALLEL, false));

  static final Family FAMILY =
      Family.builder("StableLM", "stablelm")
          .models("StableLM 3B", "StableLM 2 1.6B, 12B", "StableLM Zephyr", "Stable Code 3B")
          .defaults(DEFAULTS, "stablelm")
          .aliases(
              Map.of(
                  "layer_norm_eps", List.of("norm_eps"),
                  "partial_rotary_factor", List.of("rope_pct")))
          .tensors(
              OTHERS,
              NORMS,
              CommonTensors.attention(Announcement.by("use_qkv_bias", false), Announcement.NEVER),
              CommonTensors.FEED_FORWARD_NETWORK)
          .leftovers(VisionTower.LEFTOVERS)
          .metadata(
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              StableLm::rotated,
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              StableLm::parallel,
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_eps"),
              MetadataRule.fileType(),
              StableLm::noteHeadNorms,
              RopeRule::dropped,
              ActivationRule.SILU,
              MetadataRule.implied("rotary_scaling_factor", 1.0))
          .build();

  private StableLm() {}

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double part = RopeParameters.of(source.config()).rotatedPart();
    metadata.putUint32(
        source.key("rope.dimension_count"), (long) (part * source.sizes().headLength()));
  }

  private static void noteHeadNorms(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (HEAD_NORMS.isMade(source.config()) && source.isCorrected()) {
      source
          .notes()
          .add(
              "the norms of each head are stacked as llama.cpp loads them; its converter means to"
                  + " do the same, but fails");
    }
  }

  /// llama.cpp does not read it. Its converter believes that layers are parallel where neither
  /// config.json nor a class says anything, as with the first models' own code.
  private static void parallel(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isSaid =
        source.config().fields().mentions(PARALLEL)
            || source.config().defaults().containsKey(PARALLEL);
    metadata.putBool(
        source.key(PARALLEL), !(isSaid || source.isCorrected()) || source.config().is(PARALLEL));
  }
}
