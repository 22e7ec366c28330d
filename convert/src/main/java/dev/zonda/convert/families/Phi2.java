package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Phi 1, 1.5 and 2: attention and feed-forward network side by side after one norm, biases
/// everywhere, rotary embedding of a part of each head.
final class Phi2 {
  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          TensorRule.of("lm_head.bias", "output.bias", VOCABULARY).optional());

  private static final List<TensorRule> NETWORK =
      TensorRule.biased(
          TensorRule.of("model.final_layernorm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          block("self_attn.dense.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("mlp.fc1.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.fc2.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// llama.cpp's architecture has none; they are there for evaluations of the folder.
  private static final List<TensorRule> HEAD_NORMS =
      announced(
          Announcement.by("qk_layernorm", false),
          TensorRule.biased(
              block("self_attn.q_layernorm.weight", "attn_q_norm.weight", HEAD),
              block("self_attn.k_layernorm.weight", "attn_k_norm.weight", HEAD)));

  /// What transformers' PhiConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 51200,
                  "hidden_size", 2048,
                  "intermediate_size", 8192,
                  "num_hidden_layers", 24,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "layer_norm_eps", 1e-5,
                  "rope_theta", 10000.0,
                  "partial_rotary_factor", 0.5))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("Phi 2", "phi2")
          .models("Phi 1", "Phi 1.5", "Phi 2")
          .defaults(DEFAULTS, "phi")
          .tensors(EMBEDDINGS, NETWORK, HEAD_NORMS)
          .metadata(
              MetadataRule.size("context_length", "n_positions", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              (source, metadata) ->
                  Falcon.feedForwardLength(source, FEED_FORWARD.of(source.sizes()), metadata),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              Phi2::keyHeads,
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_eps"),
              Phi2::rotated,
              MetadataRule.fileType(),
              (source, metadata) -> metadata.putBool("tokenizer.ggml.add_bos_token", false),
              NetworkKeys.HEAD_LENGTHS,
              RopeRule::dropped,
              new ActivationRule("hidden_act", "gelu_new"))
          .build();

  private Phi2() {}

  private static List<TensorRule> announced(Announcement switched, List<TensorRule> rules) {
    return rules.stream().map(rule -> rule.announced(switched)).toList();
  }

  /// llama.cpp's converter writes as many as there are query heads, as published models have.
  private static void keyHeads(MetadataRule.Source source, Metadata.Builder metadata) {
    int said = source.sizes().keyValueHeads();
    int heads = source.sizes().heads();
    String key = "attention.head_count_kv";
    if (said != heads && source.isCorrected()) {
      source.noteDropped("num_key_value_heads", said, key);
    }
    metadata.putUint32(source.key(key), source.isCorrected() ? said : heads);
  }

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double part = RopeParameters.of(source.config()).rotatedPart();
    long shared = (long) (part * source.sizes().hidden()) / source.sizes().heads();
    long ofHead = (long) (part * source.sizes().headLength());
    metadata.putUint32(source.key("rope.dimension_count"), source.isCorrected() ? ofHead : shared);
  }
}
