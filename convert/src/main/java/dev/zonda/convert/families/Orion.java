package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;

/// Orion: Llama's network with norms that subtract the mean and have biases.
final class Orion {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> NORMS =
      TensorRule.biased(
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN));

  static final Family FAMILY =
      Family.builder("Orion", "orion")
          .models("Orion 14B Base, Chat, LongChat")
          .publishedDefaults(Defaults.of(Map.of("rms_norm_eps", 1e-5)), "orion")
          .tensors(
              EMBEDDINGS,
              NORMS,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              MetadataRule.fileType(),
              Baichuan.LAYOUT,
              MetadataRule.size(
                  "context_length",
                  "max_sequence_length",
                  "max_position_embeddings",
                  "model_max_length"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.computed("attention.head_count_kv", KEY_HEADS),
              MetadataRule.real("attention.layer_norm_epsilon", "rms_norm_eps"),
              RopeRule::dropped,
              ActivationRule.SILU)
          .unusedFields("max_position_embeddings", "model_max_length")
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private Orion() {}
}
