package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import java.util.List;
import java.util.stream.Stream;

/// Rules for the tensors that most families call alike: those that follow Llama's names.
public final class CommonTensors {
  private static final String BLOCK = "model.layers.{layer}.";

  /// Embedding, output and the norm before it.
  public static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  /// The same and the norms of each layer.
  public static final List<TensorRule> FRAME =
      Stream.concat(EMBEDDINGS.stream(), norms("attn_norm", "ffn_norm").stream()).toList();

  /// A gated feed-forward network without biases.
  public static final List<TensorRule> FEED_FORWARD_NETWORK = feedForward(Announcement.NEVER);

  /// Norms of queries and keys, over each head.
  public static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("self_attn.q_norm.weight", "attn_q_norm.weight", HEAD),
          block("self_attn.k_norm.weight", "attn_k_norm.weight", HEAD));

  /// Buffers that old checkpoints saved.
  public static final List<Leftover> BUFFERS =
      List.of(
          Leftover.buffer("*.rotary_emb.inv_freq"),
          Leftover.buffer("*.attention.bias"),
          Leftover.buffer("*.attention.masked_bias"));

  private CommonTensors() {}

  /// The norms before the two parts of each layer.
  ///
  /// @param attention what GGUF calls the one before attention
  /// @param feedForward what it calls the one before the feed-forward network
  public static List<TensorRule> norms(String attention, String feedForward) {
    return List.of(
        block("input_layernorm.weight", attention + ".weight", HIDDEN),
        block("post_attention_layernorm.weight", feedForward + ".weight", HIDDEN));
  }

  /// A gated feed-forward network.
  public static List<TensorRule> feedForward(Announcement biases) {
    return TensorRule.biased(
        biases,
        block("mlp.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
        block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
        block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));
  }

  /// A feed-forward network without a gate.
  public static List<TensorRule> plainFeedForward(Announcement biases) {
    return TensorRule.biased(
        biases,
        block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
        block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));
  }

  /// Grouped-query attention with the heads' order as it is.
  ///
  /// @param biases of queries, keys and values
  /// @param outputBias of the output
  public static List<TensorRule> attention(Announcement biases, Announcement outputBias) {
    return attention(Transform.NONE, Transform.NONE, biases, outputBias);
  }

  /// Grouped-query attention.
  ///
  /// @param queries what becomes of query weights and biases
  /// @param keys what becomes of key weights and biases
  /// @param biases of queries, keys and values
  /// @param outputBias of the output
  public static List<TensorRule> attention(
      Transform queries, Transform keys, Announcement biases, Announcement outputBias) {
    List<TensorRule> inputs =
        TensorRule.biased(
            biases,
            block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN).with(queries),
            block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN).with(keys),
            block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN));
    List<TensorRule> output =
        TensorRule.biased(
            outputBias, block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES));
    return Stream.concat(inputs.stream(), output.stream()).toList();
  }

  /// A tensor of each layer, named after the layer's prefix.
  public static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
