package dev.zonda.convert.families;

import static dev.zonda.convert.families.Dimension.FEED_FORWARD;
import static dev.zonda.convert.families.Dimension.HIDDEN;
import static dev.zonda.convert.families.Dimension.KEYS;
import static dev.zonda.convert.families.Dimension.QUERIES;
import static dev.zonda.convert.families.Dimension.VOCABULARY;
import static dev.zonda.convert.families.TensorRule.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.families.TensorRule.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Llama, Llama 2 and their many descendants: a decoder with RMS norms, rotary embedding,
/// grouped-query attention and a gated feed-forward network.
final class Llama {
  private static final String BLOCK = "model.layers.{layer}.";

  static final List<TensorRule> TENSORS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN).with(PERMUTE_QUERIES),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN).with(PERMUTE_KEYS),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("self_attn.q_proj.bias", "attn_q.bias", QUERIES).with(PERMUTE_QUERIES).optional(),
          block("self_attn.k_proj.bias", "attn_k.bias", KEYS).with(PERMUTE_KEYS).optional(),
          block("self_attn.v_proj.bias", "attn_v.bias", KEYS).optional(),
          block("self_attn.o_proj.bias", "attn_output.bias", HIDDEN).optional(),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD),
          block("mlp.gate_proj.bias", "ffn_gate.bias", FEED_FORWARD).optional(),
          block("mlp.up_proj.bias", "ffn_up.bias", FEED_FORWARD).optional(),
          block("mlp.down_proj.bias", "ffn_down.bias", HIDDEN).optional());

  /// Buffers that old checkpoints saved: computed from the configuration, not learned.
  static final List<String> IGNORED =
      List.of(".rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias");

  /// Keys up to where families differ.
  static final List<MetadataRule> NETWORK =
      List.of(
          (source, metadata) ->
              metadata.putUint32(source.key("block_count"), source.sizes().layers()),
          MetadataRule.size("context_length", "max_position_embeddings"),
          MetadataRule.size("embedding_length", "hidden_size"),
          MetadataRule.size("feed_forward_length", "intermediate_size"),
          MetadataRule.size("attention.head_count", "num_attention_heads"),
          MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
          new RopeRule(),
          MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps", "norm_eps"),
          MetadataRule.size("attention.key_length", "head_dim"),
          MetadataRule.size("attention.value_length", "head_dim"));

  /// Keys after that.
  static final List<MetadataRule> OUTPUT =
      List.of(
          (source, metadata) -> metadata.putUint32("general.file_type", source.fileType()),
          MetadataRule.size("vocab_size", "vocab_size"),
          (source, metadata) ->
              metadata.putUint32(source.key("rope.dimension_count"), source.sizes().headLength()));

  static final Family FAMILY =
      new Family(
          "Llama",
          Set.of("LlamaForCausalLM", "LLaMAForCausalLM"),
          "llama",
          "llama",
          Llama::defaults,
          TENSORS,
          IGNORED,
          Stream.concat(NETWORK.stream(), OUTPUT.stream()).toList());

  private Llama() {}

  /// What transformers' LlamaConfig says where the file does not.
  private static Map<String, Number> defaults(JsonFields config) throws FormatException {
    Map<String, Number> values =
        new HashMap<>(
            Map.of(
                "vocab_size", 32000,
                "hidden_size", 4096,
                "intermediate_size", 11008,
                "num_hidden_layers", 32,
                "num_attention_heads", 32,
                "max_position_embeddings", 2048,
                "rms_norm_eps", 1e-6,
                "rope_theta", 10000.0));
    derive(config, values, Optional.empty());
    return values;
  }

  /// Adds the values that follow from others.
  ///
  /// @param keyValueHeads the class's own default; without one there are as many as query heads
  static void derive(JsonFields config, Map<String, Number> values, Optional<Integer> keyValueHeads)
      throws FormatException {
    long hidden =
        config
            .integer("hidden_size", 1, Integer.MAX_VALUE)
            .orElse(values.get("hidden_size").longValue());
    long heads =
        config
            .integer("num_attention_heads", 1, Integer.MAX_VALUE)
            .orElse(values.get("num_attention_heads").longValue());
    boolean saysNull = config.node().has("num_key_value_heads");
    values.put(
        "num_key_value_heads",
        saysNull ? Long.valueOf(heads) : keyValueHeads.<Number>map(n -> n).orElse(heads));
    values.put("head_dim", hidden / heads);
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
