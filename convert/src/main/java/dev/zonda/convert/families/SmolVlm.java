package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.stream.Stream;

/// SmolVLM, SmolVLM 2 and Idefics 3: Llama with a part that sees images.
final class SmolVlm {
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(),
              Stream.of(VisionTower.part("model.connector.*"), VisionTower.part("connector.*")))
          .toList();

  static final Family FAMILY =
      Family.builder("SmolVLM", "llama")
          .like(Llama.FAMILY)
          .models("SmolVLM 256M, 500M, 2B", "SmolVLM 2", "Idefics 3 8B")
          .defaults(Llama.DEFAULTS, "llama", "smolvlm", "idefics3")
          .rename("text_model.", "")
          .leftovers(LEFTOVERS)
          .moreMetadata(MetadataRule.implied("qk_layer_norms", false))
          .unusedFields(
              "_flash_attn_2_enabled",
              "neftune_noise_alpha",
              "pixel_shuffle_factor",
              "scale_factor",
              "use_reentrant_checkpointing",
              "use_resampler")
          .build();

  private SmolVlm() {}
}
