package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import java.util.List;
import java.util.Map;

/// CodeShell: StarCoder's network with rotary embedding, and keys and values that groups of heads
/// share.
final class CodeShell {
  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  static final Family FAMILY =
      Family.builder("CodeShell", "codeshell")
          .models("CodeShell 7B")
          .publishedDefaults(Defaults.of(Map.of("layer_norm_epsilon", 1e-5)), "codeshell")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embd"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer"),
                  "num_key_value_heads", List.of("num_query_groups"),
                  "max_position_embeddings", List.of("n_positions")))
          .tensors(EMBEDDINGS, StarCoder.layers(QUERIES_KEYS_VALUES, Transform.NONE))
          .prefix("transformer.")
          .leftovers(
              List.of(Leftover.buffer("*.attn.bias"), Leftover.buffer("*.rotary_emb.inv_freq")))
          .metadata(
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              StarCoder::feedForwardLength,
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              (source, metadata) ->
                  metadata
                      .putFloat32(source.key("rope.freq_base"), 10000)
                      .putText(source.key("rope.scaling.type"), "linear")
                      .putFloat32(source.key("rope.scaling.factor"), 1),
              RopeRule::dropped,
              MetadataRule.only(
                  "group_query_attention", true, "queries, keys and values lie side by side"),
              MetadataRule.implied("position_embedding_type", "rope"),
              MetadataRule.implied("scale_attn_weights", true),
              new ActivationRule("activation_function", "gelu_pytorch_tanh"))
          .unusedFields(
              "attention_softmax_in_fp32", "multi_query", "scale_attention_softmax_in_fp32")
          .build();

  private CodeShell() {}
}
