package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;

/// InternLM 3: Llama's network, with other names of the switches for biases.
final class InternLm3 {
  /// transformers wants both alike; the code that is published with the models does not.
  private static final Announcement HEAD_BIASES = config -> config.is("attention_bias");

  private static final Announcement BIASES = config -> config.is("mlp_bias");

  /// What transformers' InternLM3Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128512,
                  "hidden_size", 4096,
                  "intermediate_size", 10240,
                  "num_hidden_layers", 48,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 32768,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .keyHeads(2)
          .headLength(128);

  static final Family FAMILY =
      Family.builder("InternLM 3", "llama")
          .models("InternLM 3 8B")
          .defaults(DEFAULTS, "internlm3")
          .aliases(Map.of("attention_bias", List.of("qkv_bias"), "mlp_bias", List.of("bias")))
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(PERMUTE_QUERIES, PERMUTE_KEYS, HEAD_BIASES, BIASES),
              CommonTensors.feedForward(BIASES))
          .metadata(NetworkKeys.SIZES, Llama.OUTPUT, ActivationRule.SILU)
          // The reference leaves out factors that it writes for Llama.
          .generated(source -> source.isCorrected() ? RopeFactors.targets(source) : List.of())
          .vocabulary(VocabularyForm.INTERNLM_3)
          .build();

  private InternLm3() {}
}
