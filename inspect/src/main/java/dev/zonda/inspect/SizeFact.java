package dev.zonda.inspect;

import java.util.List;

/// A number that tells how large a model is: where GGUF says it, and where configurations do.
public enum SizeFact {
  /// Tokens that the model was made for.
  CONTEXT_LENGTH(
      "context_length",
      "max_position_embeddings",
      "n_positions",
      "max_seq_len",
      "seq_length",
      "n_ctx"),
  /// Number of tokens.
  VOCABULARY("vocab_size", "vocab_size"),
  /// Number of blocks of the network itself.
  LAYERS("block_count", "num_hidden_layers", "n_layer", "n_layers", "num_layers"),
  /// Blocks behind them that predict further tokens.
  PREDICTORS(
      "nextn_predict_layers",
      "num_nextn_predict_layers",
      "num_mtp_layers",
      "mtp_num_hidden_layers"),
  /// Width of the residual stream.
  EMBEDDING_LENGTH("embedding_length", "hidden_size", "n_embd", "d_model", "dim"),
  /// Inner width of the feed-forward part.
  FEED_FORWARD_LENGTH(
      "feed_forward_length", "intermediate_size", "ffn_dim", "n_inner", "hidden_dim"),
  /// Query heads per layer.
  HEADS("attention.head_count", "num_attention_heads", "n_head", "n_heads", "num_heads"),
  /// Key/value heads per layer.
  KV_HEADS("attention.head_count_kv", "num_key_value_heads", "n_kv_heads", "num_kv_heads"),
  /// Experts per layer, in a mixture of experts.
  EXPERTS("expert_count", "num_local_experts", "num_experts", "n_routed_experts");

  private final String key;

  @SuppressWarnings("ImmutableEnumChecker") // A List.of is not changed.
  private final List<String> fields;

  SizeFact(String key, String... fields) {
    this.key = key;
    this.fields = List.of(fields);
  }

  /// GGUF's key, after the name of the architecture.
  String key() {
    return key;
  }

  /// The fields of configurations, in the order in which they count: families name the same thing
  /// differently.
  List<String> fields() {
    return fields;
  }
}
