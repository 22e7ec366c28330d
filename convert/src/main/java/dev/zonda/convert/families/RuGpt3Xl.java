package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// ruGPT-3 XL: GPT-2's network with queries, keys and values in matrices of their own. On some
/// layers each head sees the blocks of tokens near a query, and a few of those before.
final class RuGpt3Xl {
  /// Queries, keys and values count as one tensor's parts: see the names below.
  private static final Dimension PARTS = new Dimension("3", sizes -> 3);

  private static final List<TensorRule> MATRICES =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of(
              "model.embed_positions.weight",
              "position_embd.weight",
              Dimension.of("max_position_embeddings"),
              HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("self_attn.qkv.{expert}.weight", "attn_qkv.weight", PARTS, HIDDEN, HIDDEN)
              .with((source, sizes) -> source.reshaped(3L * sizes.hidden(), sizes.hidden())),
          block("self_attn.qkv.{expert}.bias", "attn_qkv.bias", PARTS, HIDDEN)
              .with((source, sizes) -> source.reshaped(3L * sizes.hidden())));

  private static final List<TensorRule> BIASED =
      TensorRule.biased(
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What the published class says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "sparse_mode", "none",
              "sparse_block_size", 16,
              "sparse_num_local_blocks", 8,
              "sparse_num_global_blocks", 1,
              "sparse_num_different_global_patterns", 8));

  static final Family FAMILY =
      Family.builder("ruGPT-3 XL", "gpt2")
          .models("ruGPT-3 XL")
          .defaults(DEFAULTS, "rugpt3xl")
          .tensors(MATRICES, BIASED)
          .rename(".self_attn.q_proj.", ".self_attn.qkv.0.")
          .rename(".self_attn.k_proj.", ".self_attn.qkv.1.")
          .rename(".self_attn.v_proj.", ".self_attn.qkv.2.")
          .metadata(NetworkKeys.ALL, RuGpt3Xl::blocks, new ActivationRule("hidden_act", "gelu_new"))
          .unusedFields("output_dropout")
          .build();

  private RuGpt3Xl() {}

  private static void blocks(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    String mode = config.text("sparse_mode").orElse("none");
    List<Boolean> isSparse = new ArrayList<>();
    for (int layer = 0; layer < source.sizes().layers(); layer++) {
      isSparse.add(
          switch (mode) {
            case "none" -> false;
            case "alternating" -> layer % 2 == 0;
            case "all" -> true;
            default ->
                throw config
                    .fields()
                    .problem("sparse_mode", "is '" + mode + "', expected none, alternating or all");
          });
    }
    long length = config.size("sparse_block_size");
    long near = config.size("sparse_num_local_blocks");
    long far = config.size("sparse_num_global_blocks");
    long patterns = config.size("sparse_num_different_global_patterns");
    if (!mode.equals("none")) {
      source.noteUnwritten("sparse_mode", "'" + mode + "'", "layers that all see the whole text");
      source
          .unwritten()
          .put(source.key("attention.sparse.layers"), MetadataRule.flags(isSparse))
          .putUint32(source.key("attention.sparse.block_length"), length)
          .putUint32(source.key("attention.sparse.local_blocks"), near)
          .putUint32(source.key("attention.sparse.global_blocks"), far)
          .putUint32(source.key("attention.sparse.patterns"), patterns);
    }
  }
}
