package dev.zonda.convert.families;

import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.Map;

/// IQuest-Coder: Llama's network under another name.
final class IQuestCoder {
  private static final String CLAMP = "clip_qkv";

  /// What transformers' IQuestCoderConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 76800,
                  "hidden_size", 5120,
                  "intermediate_size", 27648,
                  "num_hidden_layers", 80,
                  "num_attention_heads", 40,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .keyHeads(8)
          .headLength(128);

  static final Family FAMILY =
      Family.builder("IQuest-Coder", "llama")
          .like(Llama.FAMILY)
          .models("IQuest-Coder V1 7B, 14B, 40B")
          .defaults(DEFAULTS, "iquestcoder")
          .moreMetadata(
              IQuestCoder::requireUnclamped,
              MetadataRule.only("use_sliding_window", false, "layers see only a window"))
          .build();

  private IQuestCoder() {}

  /// No published model has it, and transformers' class refuses it.
  private static void requireUnclamped(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.isCorrected() && source.config().fields().has(CLAMP)) {
      throw source
          .config()
          .fields()
          .problem(
              CLAMP, "is set: queries, keys and values are bounded, which cannot be evaluated");
    }
  }
}
