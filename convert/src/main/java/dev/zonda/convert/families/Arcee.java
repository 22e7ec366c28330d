package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import java.util.Map;

/// Arcee's foundation models: Llama's network, whose feed-forward network has no gate and the
/// square of a ReLU.
final class Arcee {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  /// What transformers' ArceeConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 2560,
                  "intermediate_size", 18432,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 4096,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .asManyKeyHeadsAsQueries()
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Arcee", "arcee")
          .like(Llama.FAMILY)
          .models("AFM 4.5B")
          .defaults(DEFAULTS, "arcee")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(PERMUTE_QUERIES, PERMUTE_KEYS, BIASES, BIASES),
              CommonTensors.plainFeedForward(Announcement.by("mlp_bias", false)))
          .metadata(NetworkKeys.SIZES, Llama.OUTPUT, ActivationRule.SQUARED_RELU)
          .build();

  private Arcee() {}
}
