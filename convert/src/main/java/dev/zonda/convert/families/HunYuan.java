package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Hunyuan without experts: Llama's network with heads in Hugging Face's order and norms over each
/// head behind the rotation, whose base an `alpha` stretches.
final class HunYuan {
  /// Texts of published models, whatever their config.json says.
  private static final int LONG_TEXT = 256 * 1024;

  private static final List<Integer> SAID_OF_LONG_TEXTS = List.of(32 * 1024, LONG_TEXT);

  /// Fields that say what is network's own, or that only training reads.
  static final String[] UNUSED = {
    "add_classification_head",
    "attention_head_dim",
    "cla_share_factor",
    "class_num",
    "dense_list",
    "enable_lm_head_fp32",
    "eod_token_id",
    "im_end_id",
    "im_newline_id",
    "im_start_id",
    "image_token_id",
    "mask_init_id",
    "mlp_bias",
    "norm_type",
    "org_vocab_size",
    "pad_id",
    "pool_type",
    "text_end_id",
    "text_start_id",
    "use_mla",
    "use_rotary_pos_emb"
  };

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("self_attn.query_layernorm.weight", "attn_q_norm.weight", HEAD),
          block("self_attn.key_layernorm.weight", "attn_k_norm.weight", HEAD));

  /// What transformers' HunYuanDenseV1Config says.
  static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 290943,
                  "hidden_size", 4096,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("Hunyuan", "hunyuan-dense")
          .models("Hunyuan 0.5B, 1.8B, 4B, 7B", "Hunyuan MT 7B")
          .defaults(DEFAULTS, "hunyuan_v1_dense")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              HEAD_NORMS,
              CommonTensors.FEED_FORWARD_NETWORK)
          .outputMatrix(Family.OutputMatrix.SKIP_IF_TIED)
          .rope(RopeStyle.ALPHA)
          .metadata(
              NetworkKeys.ALL,
              HunYuan::noExperts,
              HunYuan::stretched,
              MetadataRule.implied("use_qk_norm", true),
              MetadataRule.implied("use_cla", false),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.HUNYUAN)
          .unusedFields(UNUSED)
          .build();

  private HunYuan() {}

  /// One expert means none.
  private static void noExperts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.implied("num_experts", 1).write(source, metadata);
    metadata.remove(source.key("expert_count"));
  }

  /// The base that an alpha stretches; the reference takes 50 where there is none.
  private static void stretched(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    OptionalDouble alpha =
        source.isCorrected() || !rope.type().equals("dynamic")
            ? RopeRule.alpha(source, rope)
            : OptionalDouble.of(rope.real("alpha", 50));
    if (alpha.isPresent()) {
      stretch(source, rope, alpha.getAsDouble(), source.sizes().headLength(), metadata);
    }
  }

  /// Writes a stretched base, and no other scaling.
  static void stretch(
      MetadataRule.Source source,
      RopeParameters rope,
      double alpha,
      int length,
      Metadata.Builder metadata)
      throws FormatException {
    double theta = rope.theta().orElse(10000);
    double base = theta * Math.pow(alpha, length / (length - 2.0));
    metadata
        .putFloat32(source.key("rope.freq_base"), (float) base)
        .putText(source.key("rope.scaling.type"), "none")
        .putFloat32(source.key("rope.scaling.factor"), 1);
    int said = source.config().size("max_position_embeddings");
    boolean isPublished = theta == 10000 && SAID_OF_LONG_TEXTS.contains(said);
    if (!isPublished && !source.isCorrected()) {
      throw rope.problem(
          "rope_theta",
          "is %s and max_position_embeddings %d: llama.cpp's converter takes only 10000 with one of %s:"
                  .formatted(theta, said, SAID_OF_LONG_TEXTS)
              + " leave out --as-reference");
    }
    int longest = isPublished ? LONG_TEXT : said;
    metadata
        .putUint32(source.key("rope.scaling.original_context_length"), longest)
        .putUint32(source.key("context_length"), longest);
    if (longest != said && source.isCorrected()) {
      source
          .notes()
          .add(
              "max_position_embeddings is %d, but the model was made for texts of %d tokens: written as that"
                  .formatted(said, longest));
    }
    rope.fields()
        .ifPresent(
            fields -> fields.skip("beta_fast", "beta_slow", "factor", "mscale", "mscale_all_dim"));
  }
}
