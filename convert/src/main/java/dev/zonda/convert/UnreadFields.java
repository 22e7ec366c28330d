package dev.zonda.convert;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.rules.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Names the fields of a configuration that were never asked for, since they could change the
/// network.
final class UnreadFields {
  private static final int MOST_NAMED = 20;
  private static final int MOST_LETTERS = 100;

  /// Fields that are recognized by the last part of their path. None of them changes what the
  /// network makes of a text; docs/formats.md says why.
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          // What the file is, and what wrote it.
          "architectures",
          "auto_map",
          "custom_pipelines",
          "model_type",
          "name_or_path",
          "_name_or_path",
          "_commit_hash",
          "transformers_version",
          "torch_dtype",
          "dtype",
          "_attn_implementation",
          "_attn_implementation_autoset",
          "attn_implementation",
          "_experts_implementation",
          "experts_implementation",
          "for_llm_compressor",
          "is_llama_config",
          "unsloth_fixed",
          "unsloth_version",
          "torchscript",
          "use_bfloat16",
          "tf_legacy_loss",
          "pruned_heads",
          // How it is trained.
          "attention_dropout",
          "attn_pdrop",
          "classifier_dropout",
          "emb_pdrop",
          "embd_pdrop",
          "embed_dropout",
          "embedding_dropout",
          "ffn_dropout",
          "ffn_pdrop",
          "hidden_dropout",
          "hidden_dropout_prob",
          "resid_dropout",
          "resid_pdrop",
          "residual_dropout",
          "summary_first_dropout",
          "gradient_checkpointing",
          "initializer_range",
          "init_method_std",
          "output_router_logits",
          "pretraining_tp",
          "router_aux_loss_coef",
          "router_jitter_noise",
          // How tokens are drawn from it, or how it is used for something other than text.
          "begin_suppress_tokens",
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "sep_token_id",
          "unk_token_id",
          "cls_token_id",
          "decoder_start_token_id",
          "chunk_size_feed_forward",
          "cross_attention_hidden_size",
          "early_stopping",
          "exponential_decay_length_penalty",
          "finetuning_task",
          "id2label",
          "is_decoder",
          "is_encoder_decoder",
          "label2id",
          "num_labels",
          "output_attentions",
          "output_hidden_states",
          "problem_type",
          "return_dict",
          "summary_activation",
          "summary_proj_to_labels",
          "summary_type",
          "summary_use_proj",
          "task_specific_params",
          "tie_encoder_decoder",
          "tie_last_hidden_states",
          "tokenizer_class",
          "tokenizer_name",
          "use_cache",
          // A length that a rotary scaling repeats, and whether the scaling was trained.
          "n_ctx",
          "finetuned",
          "rope_scaling.max_position_embeddings",
          // What becomes of the tokens of images and sounds.
          "audio_token_id",
          "audio_token_index",
          "audio_start_token_id",
          "audio_end_token_id",
          "boi_token_index",
          "eoi_token_index",
          "image_token_id",
          "image_token_index",
          "video_token_id",
          "video_token_index",
          "vision_token_id",
          "vision_start_token_id",
          "vision_end_token_id",
          "mm_tokens_per_image",
          "multimodal_projector_bias",
          "projector_hidden_act",
          "spatial_merge_size",
          "vision_feature_layer",
          "vision_feature_select_strategy");

  /// Objects that other code reads: how weights are stored, parts that see, hear, speak or draw,
  /// and what is for another library.
  private static final List<String> ELSEWHERE =
      List.of(
          "quantization_config",
          "compression_config",
          "quantization",
          "vision_config",
          "vision_encoder",
          "audio_config",
          "talker_config",
          "token2wav_config",
          "code2wav_config",
          "text_config.perceiver_config",
          "transformers.js_config",
          "thinker_config.vision_config",
          "thinker_config.audio_config",
          "vq_config");

  private static final Set<String> GENERATION =
      Set.of(
          "bad_words_ids",
          "diversity_penalty",
          "do_sample",
          "encoder_no_repeat_ngram_size",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "length_penalty",
          "max_length",
          "max_new_tokens",
          "min_length",
          "no_repeat_ngram_size",
          "num_beam_groups",
          "num_beams",
          "num_return_sequences",
          "output_scores",
          "prefix",
          "remove_invalid_values",
          "repetition_penalty",
          "return_dict_in_generate",
          "suppress_tokens",
          "temperature",
          "top_k",
          "top_p",
          "typical_p");

  private UnreadFields() {}

  static void note(JsonFields config, Family family, Notes notes) {
    List<String> unread = of(config, family);
    if (unread.isEmpty()) {
      return;
    }
    List<String> named = new ArrayList<>(unread.subList(0, Math.min(MOST_NAMED, unread.size())));
    if (unread.size() > MOST_NAMED) {
      named.add("%d more".formatted(unread.size() - MOST_NAMED));
    }
    notes.add(
        "%s has fields that are not read, though they could change the network: %s"
            .formatted(config.file().getFileName(), String.join(", ", named)));
  }

  /// Their paths, each shortened.
  static List<String> of(JsonFields config, Family family) {
    return config.others().stream()
        .filter(path -> !isWithoutEffect(path, family))
        .map(path -> path.length() > MOST_LETTERS ? path.substring(0, MOST_LETTERS) + "…" : path)
        .toList();
  }

  private static boolean isWithoutEffect(String path, Family family) {
    String name = path.substring(path.lastIndexOf('.') + 1);
    boolean isElsewhere =
        ELSEWHERE.stream().anyMatch(other -> path.equals(other) || path.startsWith(other + "."));
    return isElsewhere
        || WITHOUT_EFFECT.contains(name)
        || GENERATION.contains(name)
        || family.unusedFields().contains(name);
  }
}
