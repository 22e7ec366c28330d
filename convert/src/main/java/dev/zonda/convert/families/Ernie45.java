package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.Map;

/// ERNIE 4.5 without experts: Llama's network, whose heads have ggml's order in the checkpoint, and
/// one switch for all biases.
final class Ernie45 {
  private static final Announcement BIASES = Announcement.by("use_bias", false);

  /// What transformers' Ernie4_5Config says.
  static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 103424,
                  "hidden_size", 1024,
                  "intermediate_size", 3072,
                  "num_hidden_layers", 18,
                  "num_attention_heads", 16,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 500000.0,
                  "tie_word_embeddings", true))
          .keyHeads(2)
          .headLength(128);

  static final Family FAMILY =
      Family.builder("ERNIE 4.5", "ernie4_5")
          .models("ERNIE 4.5 0.3B")
          .defaults(DEFAULTS, "ernie4_5")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.feedForward(BIASES))
          .rename("ernie.", "model.")
          .metadata(NetworkKeys.ALL, ActivationRule.SILU)
          .vocabulary(VocabularyForm.ERNIE)
          .build();

  private Ernie45() {}
}
