package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.PLUS_ONE;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Gemma 2: norms before and after each network, stored as their difference from one; logits that
/// are capped softly; every other layer with a sliding window; the embedding is also the output
/// matrix.
final class Gemma2 {
  /// Embedding and norms.
  static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(PLUS_ONE),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN).with(PLUS_ONE),
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN)
              .with(PLUS_ONE),
          block("pre_feedforward_layernorm.weight", "ffn_norm.weight", HIDDEN).with(PLUS_ONE),
          block("post_feedforward_layernorm.weight", "post_ffw_norm.weight", HIDDEN)
              .with(PLUS_ONE));

  static final ActivationRule ACTIVATION =
      new ActivationRule("hidden_activation", "gelu_pytorch_tanh");

  /// Embedding models see later tokens, too.
  static final MetadataRule CAUSAL =
      MetadataRule.only("use_bidirectional_attention", false, "tokens see later ones");

  /// What transformers' Gemma2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.ofEntries(
              Map.entry("vocab_size", 256000),
              Map.entry("hidden_size", 2304),
              Map.entry("intermediate_size", 9216),
              Map.entry("num_hidden_layers", 26),
              Map.entry("num_attention_heads", 8),
              Map.entry("num_key_value_heads", 4),
              Map.entry("head_dim", 256),
              Map.entry("query_pre_attn_scalar", 256),
              Map.entry("max_position_embeddings", 8192),
              Map.entry("rms_norm_eps", 1e-6),
              Map.entry("rope_theta", 10000.0),
              Map.entry("sliding_window", 4096),
              Map.entry("tie_word_embeddings", true),
              Map.entry("attn_logit_softcapping", 50.0),
              Map.entry("final_logit_softcapping", 30.0)));

  static final Family FAMILY =
      Family.builder("Gemma 2", "gemma2")
          .models("Gemma 2 2B, 9B, 27B")
          .defaults(DEFAULTS, "gemma2")
          .tensors(FRAME, Qwen3.ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .outputMatrix(Family.OutputMatrix.SKIP)
          .metadata(
              Gemma.SIZES,
              softCap("attn_logit_softcapping", 50),
              softCap("final_logit_softcapping", 30),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              keepScale(46),
              RopeRule::dropped,
              WindowRule.written(WindowRule.Layers.EVERY_OTHER),
              ACTIVATION,
              CAUSAL)
          .unusedFields("hidden_act", "cache_implementation")
          .vocabulary(VocabularyForm.GEMMA)
          .build();

  /// A cap so high that it makes no difference in single precision.
  private static final float NO_CAP = 1 << 30;

  private Gemma2() {}

  /// A soft cap; null says that there is none, but llama.cpp takes another number where the key is
  /// missing.
  private static MetadataRule softCap(String name, int taken) {
    return (source, metadata) -> {
      OptionalDouble cap = source.config().optionalReal(List.of(name));
      if (cap.isPresent()) {
        metadata.putFloat32(source.key(name), (float) cap.getAsDouble());
      } else if (source.isCorrected()) {
        metadata.putFloat32(source.key(name), NO_CAP);
        source
            .notes()
            .add(
                ("%s is null and is written as %s, which caps nothing: llama.cpp takes %d "
                            + "where the key")
                        .formatted(name, NO_CAP, taken)
                    + " is missing");
      }
    };
  }

  /// Scores are divided by the root of a number that GGUF has no key for: readers take a head's
  /// length, and for the largest published model the hidden features per head.
  ///
  /// @param largestLayers the number of layers by which that model is recognized
  static MetadataRule keepScale(int largestLayers) {
    return (source, metadata) -> {
      OptionalDouble scalar = source.config().optionalReal(List.of("query_pre_attn_scalar"));
      OptionalLong head = source.config().optionalSize(List.of("head_dim"));
      if (scalar.isEmpty() || head.isEmpty()) {
        return;
      }
      boolean isLargest = source.sizes().layers() == largestLayers;
      long taken = isLargest ? source.sizes().hidden() / source.sizes().heads() : head.getAsLong();
      if (scalar.getAsDouble() != taken) {
        source.noteUnwritten("query_pre_attn_scalar", scalar.getAsDouble(), taken);
        source
            .unwritten()
            .putFloat32(
                source.key("attention.scale"), (float) (1 / Math.sqrt(scalar.getAsDouble())));
      }
    };
  }
}
