package dev.zonda.convert.families;

import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import java.util.Map;

/// The text part of Qwen 2 VL, 2.5 VL and 2.5 Omni: Qwen 2, whose rotary embedding has sections for
/// places in images. In a text they are the same.
final class Qwen2Vl {
  /// What transformers' Qwen2VLTextConfig and Qwen2_5_VLTextConfig say.
  private static final Defaults DEFAULTS =
      Qwen2.COMMON
          .with(
              Map.of(
                  "vocab_size", 152064,
                  "hidden_size", 8192,
                  "intermediate_size", 29568,
                  "num_hidden_layers", 80,
                  "num_attention_heads", 64,
                  "rms_norm_eps", 1e-5,
                  "max_window_layers", 80,
                  "rope_theta", 1e6))
          .keyHeads(8);

  /// What Qwen2_5OmniTextConfig says.
  private static final Defaults OMNI =
      Qwen2.COMMON
          .with(
              Map.of(
                  "vocab_size", 152064,
                  "hidden_size", 3584,
                  "intermediate_size", 18944,
                  "num_hidden_layers", 28,
                  "num_attention_heads", 28,
                  "sliding_window", 32768,
                  "rope_theta", 1e6))
          .keyHeads(4);

  static final Family FAMILY =
      Family.builder("Qwen 2 VL", "qwen2vl")
          .like(Qwen2.FAMILY)
          .models("Qwen 2 VL", "Qwen 2.5 VL", "Qwen 2.5 Omni", "QVQ")
          .defaults(DEFAULTS, "qwen2_vl", "qwen2_vl_text", "qwen2_5_vl", "qwen2_5_vl_text")
          .defaults(OMNI, "qwen2_5_omni", "qwen2_5_omni_thinker", "qwen2_5_omni_text")
          .rename("thinker.", "")
          .rename("language_model.", "")
          .leftovers(OtherParts.LEFTOVERS)
          .rotarySections(16, 24, 24)
          .unusedFields(OtherParts.UNUSED_FIELDS)
          .build();

  private Qwen2Vl() {}
}
