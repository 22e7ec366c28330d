package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Diffusion;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;

/// LLaDA: Llama's network under other names, in which each token sees the whole text and gaps in it
/// are filled.
final class Llada {
  private static final String BLOCK = "model.transformer.blocks.{layer}.";
  private static final Announcement BIASES = Announcement.by("include_bias", false);
  private static final Announcement QUERY_BIASES = Announcement.by("include_qkv_bias", false);

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("model.transformer.ff_out.weight", "output.weight", VOCABULARY, HIDDEN)
              .optional(),
          block("attn_norm.weight", "attn_norm.weight", HIDDEN),
          block("ff_norm.weight", "ffn_norm.weight", HIDDEN));

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          QUERY_BIASES,
          block("q_proj.weight", "attn_q.weight", QUERIES, HIDDEN).with(Transform.PERMUTE_QUERIES),
          block("k_proj.weight", "attn_k.weight", KEYS, HIDDEN).with(Transform.PERMUTE_KEYS),
          block("v_proj.weight", "attn_v.weight", KEYS, HIDDEN));

  private static final List<TensorRule> OTHERS =
      TensorRule.biased(
          BIASES,
          block("attn_out.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("ff_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          block("up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("ff_out.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  static final Family FAMILY =
      Family.builder("LLaDA", "llada")
          .models("LLaDA 8B", "LLaDA 1.5")
          .prefix("model.transformer.")
          .aliases(
              Map.of(
                  "hidden_size", List.of("d_model"),
                  "num_attention_heads", List.of("n_heads"),
                  "num_key_value_heads", List.of("n_kv_heads"),
                  "num_hidden_layers", List.of("n_layers"),
                  "intermediate_size", List.of("mlp_hidden_size"),
                  "max_position_embeddings", List.of("max_sequence_length"),
                  "tie_word_embeddings", List.of("weight_tying"),
                  "hidden_act", List.of("activation_type")))
          .tensors(FRAME, ATTENTION, OTHERS)
          .leftovers(CommonTensors.BUFFERS)
          .metadata(
              (source, metadata) ->
                  metadata.putUint32(source.key("block_count"), source.sizes().layers()),
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              new RopeRule(),
              MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
              MetadataRule.fileType())
          .metadataAfterPooling(
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              Diffusion.SEES_ALL,
              Diffusion.OWN_PLACE,
              MetadataRule.only("alibi", false, "scores would fall with the distance"),
              MetadataRule.only("rope", true, "there would be no positions"),
              MetadataRule.only("attention_layer_norm", false, "queries and keys would be normed"),
              MetadataRule.only("input_emb_norm", false, "embeddings would be scaled"),
              MetadataRule.only("scale_logits", false, "logits would be scaled"),
              MetadataRule.only("bias_for_layer_norm", false, "norms would have biases"),
              MetadataRule.implied("block_type", "llama"),
              MetadataRule.implied("layer_norm_type", "rms"),
              ActivationRule.SILU)
          .unusedFields(
              "alibi_bias_max",
              "attention_layer_norm_with_affine",
              "block_group_size",
              "embedding_size",
              "flash_attention",
              "init_cutoff_factor",
              "init_device",
              "init_fn",
              "init_std",
              "layer_norm_with_affine",
              "mask_token_id",
              "mlp_ratio",
              "multi_query_attention",
              "precision",
              "rope_full_precision")
          .vocabulary(VocabularyForm.LLADA)
          .build();

  private Llada() {}

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
