package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// OLMo and OLMo 1.7: Llama's network with norms that have no weights, and bounds of queries, keys
/// and values.
final class Olmo {
  private static final float EPSILON = 1e-5f;

  /// What transformers' classes of this and the later models say.
  static final Defaults COMMON =
      Defaults.of(
              Map.of(
                  "vocab_size", 50304,
                  "hidden_size", 4096,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "rope_theta", 10000.0))
          .asManyKeyHeadsAsQueries();

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> ATTENTION =
      List.of(
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN).with(PERMUTE_QUERIES),
          bias("q_proj", "attn_q", QUERIES, PERMUTE_QUERIES),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN).with(PERMUTE_KEYS),
          bias("k_proj", "attn_k", KEYS, PERMUTE_KEYS),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          bias("v_proj", "attn_v", KEYS, Transform.NONE),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          bias("o_proj", "attn_output", HIDDEN, Transform.NONE));

  static final Family FAMILY =
      Family.builder("OLMo", "olmo")
          .models("OLMo 1B, 7B", "OLMo 1.7 7B")
          .defaults(COMMON, "olmo")
          .tensors(EMBEDDINGS, ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              (source, metadata) ->
                  metadata.putFloat32(source.key("attention.layer_norm_epsilon"), EPSILON),
              Olmo::clamp,
              ActivationRule.SILU)
          .build();

  private Olmo() {}

  /// The reference turns weights to ggml's order, but not their biases.
  private static TensorRule bias(
      String source, String target, Dimension length, Transform transform) {
    return block("self_attn." + source + ".bias", target + ".bias", length)
        .with((values, sizes) ->
            sizes.fidelity() == Fidelity.AS_REFERENCE ? values : transform.apply(values, sizes))
        .optional()
        .announced(Announcement.by("attention_bias", false));
  }

  private static void clamp(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble most = bound(source);
    if (most.isPresent()) {
      metadata.putFloat32(source.key("attention.clamp_kqv"), (float) most.getAsDouble());
    }
  }

  /// The largest value of queries, keys and values, if there is one.
  static OptionalDouble bound(MetadataRule.Source source) throws FormatException {
    OptionalDouble most = source.config().optionalReal(List.of("clip_qkv"));
    if (source.isCorrected() && most.orElse(1) <= 0) {
      throw source
          .config()
          .fields()
          .problem("clip_qkv", "is %s, expected more than 0".formatted(most.getAsDouble()));
    }
    return most;
  }
}
