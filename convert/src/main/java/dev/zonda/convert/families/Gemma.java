package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.PLUS_ONE;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Gemma 1: Llama's network with scaled embeddings, norms stored as their difference from one, and
/// heads of their own length; the embedding is also the output matrix.
final class Gemma {
  /// What Gemma 2 begins with, too.
  static final MetadataRule SIZES =
      MetadataRule.sequence(
          MetadataRule.size("context_length", "max_position_embeddings"),
          MetadataRule.size("embedding_length", "hidden_size"),
          MetadataRule.size("block_count", "num_hidden_layers"),
          MetadataRule.size("feed_forward_length", "intermediate_size"),
          MetadataRule.size("attention.head_count", "num_attention_heads"),
          MetadataRule.computed("attention.head_count_kv", Dimension.KEY_HEADS),
          MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
          MetadataRule.size("attention.key_length", "head_dim"),
          MetadataRule.size("attention.value_length", "head_dim"),
          MetadataRule.fileType());

  private static final String TANGENT_GELU = "gelu_pytorch_tanh";
  private static final ActivationRule ACTIVATION = new ActivationRule("hidden_act", TANGENT_GELU);

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(PLUS_ONE),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN).with(PLUS_ONE),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN).with(PLUS_ONE));

  /// What transformers' GemmaConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.ofEntries(
              Map.entry("vocab_size", 256000),
              Map.entry("hidden_size", 3072),
              Map.entry("intermediate_size", 24576),
              Map.entry("num_hidden_layers", 28),
              Map.entry("num_attention_heads", 16),
              Map.entry("num_key_value_heads", 16),
              Map.entry("head_dim", 256),
              Map.entry("max_position_embeddings", 8192),
              Map.entry("rms_norm_eps", 1e-6),
              Map.entry("rope_theta", 10000.0),
              Map.entry("tie_word_embeddings", true)));

  static final Family FAMILY =
      Family.builder("Gemma", "gemma")
          .models("Gemma 2B, 7B", "Gemma 1.1", "CodeGemma")
          .defaults(DEFAULTS, "gemma")
          .tensors(FRAME, Qwen3.ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .outputMatrix(Family.OutputMatrix.SKIP)
          .metadata(
              SIZES,
              RopeRule::dropped,
              activation(),
              MetadataRule.implied("hidden_activation", TANGENT_GELU),
              Gemma2.CAUSAL)
          .vocabulary(VocabularyForm.GEMMA_1)
          .build();

  private Gemma() {}

  /// The first files name the exact function, and mean its approximation.
  private static MetadataRule activation() {
    return (source, metadata) -> {
      if (!source.config().text("hidden_act").equals(Optional.of("gelu"))) {
        ACTIVATION.write(source, metadata);
      }
    };
  }
}
