package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;

/// Llama, Llama 2, Llama 3 and their many descendants: a decoder with RMS norms, rotary embedding,
/// grouped-query attention and a gated feed-forward network.
final class Llama {
  /// Attention whose heads are turned to ggml's order, without biases.
  static final List<TensorRule> ATTENTION = attention(Announcement.NEVER);

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  /// The same with biases that config.json announces.
  static final List<TensorRule> BIASED_ATTENTION = attention(BIASES);

  /// Keys after those that most families have.
  static final MetadataRule OUTPUT =
      MetadataRule.sequence(
          MetadataRule.fileType(),
          MetadataRule.size("vocab_size", "vocab_size"),
          (source, metadata) ->
              metadata.putUint32(source.key("rope.dimension_count"), source.sizes().headLength()));

  /// What transformers' LlamaConfig says.
  static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 4096,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0))
          .asManyKeyHeadsAsQueries()
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Llama", "llama")
          .models(
              "Llama 1 and 2",
              "Llama 3, 3.1, 3.2, 3.3",
              "Code Llama",
              "Vicuna",
              "TinyLlama",
              "Yi",
              "DeepSeek R1 Distill Llama")
          .defaults(DEFAULTS, "llama")
          .tensors(
              CommonTensors.FRAME,
              BIASED_ATTENTION,
              CommonTensors.feedForward(Announcement.by("mlp_bias", false)))
          .metadata(
              NetworkKeys.SIZES,
              OUTPUT,
              ActivationRule.SILU,
              MetadataRule.implied("rope_interleaved", false))
          .generated(RopeFactors::targets)
          .vocabulary(VocabularyForm.LLAMA)
          .build();

  private Llama() {}

  private static List<TensorRule> attention(Announcement biases) {
    return CommonTensors.attention(PERMUTE_QUERIES, PERMUTE_KEYS, biases, biases);
  }
}
