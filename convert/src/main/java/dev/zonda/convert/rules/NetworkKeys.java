package dev.zonda.convert.rules;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// The keys that llama.cpp's converter writes for most families, in its order.
public final class NetworkKeys {
  /// Keys up to the lengths of heads.
  public static final MetadataRule UP_TO_HEADS =
      upToHeads(
          MetadataRule.size(
              "feed_forward_length", "prefix_dense_intermediate_size", "intermediate_size"));

  /// The same.
  ///
  /// @param lengths of the feed-forward networks
  public static MetadataRule upToHeads(MetadataRule lengths) {
    return MetadataRule.sequence(
        (source, metadata) ->
            metadata.putUint32(source.key("block_count"), source.sizes().countedLayers()),
        MetadataRule.size(
            "context_length",
            "max_position_embeddings",
            "n_ctx",
            "n_positions",
            "max_length",
            "max_sequence_length",
            "model_max_length"),
        MetadataRule.size("embedding_length", "hidden_size"),
        lengths,
        MetadataRule.size("attention.head_count", "num_attention_heads"),
        MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
        new RopeRule(),
        MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps", "norm_eps"),
        MetadataRule.real(
            "attention.layer_norm_epsilon", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon"),
        MetadataRule.count("expert_count", "num_local_experts", "num_experts", "n_routed_experts"),
        MetadataRule.count("expert_used_count", "num_experts_per_tok"),
        MetadataRule.size("expert_group_count", "n_group"),
        MetadataRule.size("expert_group_used_count", "topk_group"),
        NetworkKeys::gatingFunction);
  }

  /// Keys up to where some families add theirs.
  public static final MetadataRule SIZES =
      MetadataRule.sequence(
          UP_TO_HEADS,
          MetadataRule.size("attention.key_length", "head_dim"),
          MetadataRule.size("attention.value_length", "head_dim"));

  /// The same with the file type, which follows at once in most families.
  public static final MetadataRule ALL = MetadataRule.sequence(SIZES, MetadataRule.fileType());

  /// For networks without biases.
  public static final MetadataRule NO_BIASES =
      MetadataRule.sequence(
          MetadataRule.implied("attention_bias", false), MetadataRule.implied("mlp_bias", false));

  /// For families whose converter takes for granted that heads share the width of the residual
  /// stream: their length, where it is another one.
  public static final MetadataRule HEAD_LENGTHS = NetworkKeys::headLengths;

  /// Factors of the embedding, of what each part of a layer adds, and of products of queries and
  /// keys; what logits are divided by.
  public static final MetadataRule SCALES =
      MetadataRule.sequence(
          scale("attention.scale", "attention_multiplier"),
          scale("embedding_scale", "embedding_multiplier"),
          scale("residual_scale", "residual_multiplier"),
          scale("logit_scale", "logits_scaling"));

  /// Names of the field that says how experts are scored.
  private static final List<String> SCORES =
      List.of(
          "score_function",
          "scoring_func",
          "score_func",
          "moe_router_activation",
          "expert_selection_fn");

  private NetworkKeys() {}

  /// A factor. Readers take zero for a missing key.
  public static MetadataRule scale(String key, String field) {
    return (source, metadata) -> {
      OptionalDouble value = source.config().optionalReal(List.of(field));
      if (source.isCorrected() && value.orElse(1) <= 0) {
        throw source
            .config()
            .fields()
            .problem(field, "is %s, expected more than 0".formatted(value.getAsDouble()));
      }
      if (value.orElse(0) != 0) {
        metadata.putFloat32(source.key(key), (float) value.getAsDouble());
      }
    };
  }

  private static void headLengths(MetadataRule.Source source, Metadata.Builder metadata) {
    int length = source.sizes().headLength();
    if (source.isCorrected() && length != source.sizes().hidden() / source.sizes().heads()) {
      source.noteDropped("head_dim", length, "attention.key_length");
      metadata.putUint32(source.key("attention.key_length"), length);
      metadata.putUint32(source.key("attention.value_length"), length);
    }
  }

  private static void gatingFunction(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    for (String field : SCORES) {
      Optional<String> function = source.config().text(field);
      // The method by which DeepSeek V3 chooses experts; families that name it write it themselves.
      boolean isMethod = function.equals(Optional.of("noaux_tc")) && source.isCorrected();
      if (function.isPresent() && !isMethod) {
        metadata.putUint32(
            source.key("expert_gating_func"), gatingFunction(source, field, function.get()));
        return;
      }
    }
  }

  private static int gatingFunction(MetadataRule.Source source, String field, String function)
      throws FormatException {
    return switch (function) {
      case "softmax" -> 1;
      case "sigmoid" -> 2;
      case "sqrtsoftplus" -> 4;
      default ->
          throw source
              .config()
              .fields()
              .problem(field, "is '" + function + "', expected softmax, sigmoid or sqrtsoftplus");
    };
  }
}
