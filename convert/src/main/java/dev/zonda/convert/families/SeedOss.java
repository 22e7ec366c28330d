package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import java.util.Map;

/// Seed-OSS: Llama's network with biases on queries, keys and values, and a head size of its own.
final class SeedOss {
  /// What transformers' SeedOssConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 155136,
                  "hidden_size", 4096,
                  "intermediate_size", 27648,
                  "num_hidden_layers", 64,
                  "num_attention_heads", 80,
                  "max_position_embeddings", 524288,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0))
          .keyHeads(8)
          .headLength(128);

  static final Family FAMILY =
      Family.builder("Seed-OSS", "seed_oss")
          .models("Seed-OSS 36B")
          .defaults(DEFAULTS, "seed_oss")
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommonTensors.norms("attn_norm", "post_attention_norm"),
              CommonTensors.attention(
                  Announcement.by("attention_bias", true),
                  Announcement.by("attention_out_bias", false)),
              CommonTensors.feedForward(Announcement.by("mlp_bias", false)))
          .metadata(NetworkKeys.ALL, ActivationRule.SILU)
          .build();

  private SeedOss() {}
}
