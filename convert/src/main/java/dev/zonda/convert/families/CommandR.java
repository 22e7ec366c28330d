package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Command R: attention and feed-forward network side by side after one norm, scaled logits, and in
/// the largest model norms of each head with weights of its own.
final class CommandR {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);
  private static final Announcement HEAD_NORMS = Announcement.by("use_qk_norm", false);

  /// The norm that both parts of a layer see.
  static final List<TensorRule> NORM =
      List.of(block("input_layernorm.weight", "attn_norm.weight", HIDDEN));

  /// What the classes of this and the later models say.
  static final Defaults COMMON =
      Defaults.of(
              Map.ofEntries(
                  Map.entry("vocab_size", 256000),
                  Map.entry("hidden_size", 8192),
                  Map.entry("intermediate_size", 22528),
                  Map.entry("logit_scale", 0.0625),
                  Map.entry("num_hidden_layers", 40),
                  Map.entry("num_attention_heads", 64),
                  Map.entry("max_position_embeddings", 8192),
                  Map.entry("layer_norm_eps", 1e-5),
                  Map.entry("tie_word_embeddings", true)))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("Command R", "command-r")
          .models("Command R, R+", "Command R 08-2024, R+ 08-2024", "Aya 23, Aya Expanse")
          // What transformers' CohereConfig says.
          .defaults(COMMON.with("rope_theta", 500000.0), "cohere")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORM,
              CommonTensors.attention(BIASES, BIASES),
              List.of(
                  block("self_attn.q_norm.weight", "attn_q_norm.weight", HEADS, HEAD)
                      .announced(HEAD_NORMS),
                  block("self_attn.k_norm.weight", "attn_k_norm.weight", KEY_HEADS, HEAD)
                      .announced(HEAD_NORMS)),
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              CommandR::contextLength,
              NetworkKeys.scale("logit_scale", "logit_scale"),
              CommandR::scaling,
              ActivationRule.SILU)
          .build();

  private CommandR() {}

  /// The first model was trained on longer texts than its positions say.
  private static void contextLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.size("context_length", "model_max_length", "max_position_embeddings")
        .write(source, metadata);
  }

  /// The reference says that positions are not stretched, whatever config.json says.
  static void scaling(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = source.key("rope.scaling.type");
    if (source.isCorrected() && metadata.build().get(key).isPresent()) {
      RopeParameters rope = RopeParameters.of(source.config());
      source.noteDropped("rope_type", rope.type(), "rope.scaling.type");
    } else {
      metadata.putText(key, "none");
    }
  }
}
