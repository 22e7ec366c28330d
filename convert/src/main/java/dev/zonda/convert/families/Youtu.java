package dev.zonda.convert.families;

import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.LatentAttention;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Youtu: the network of DeepSeek V3 without experts. Of Youtu VL, whose fields and tensors of the
/// text part have no prefix, only that part.
final class Youtu {
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of("siglip2.*", "merger.*").map(VisionTower::part))
          .toList();

  /// What transformers' YoutuConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128256,
                  "hidden_size", 2048,
                  "intermediate_size", 6144,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 16,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "q_lora_rank", 1536,
                  "kv_lora_rank", 512,
                  "qk_rope_head_dim", 64,
                  "qk_nope_head_dim", 128,
                  "v_head_dim", 128))
          .same("head_dim", "qk_rope_head_dim")
          .keyHeads(16);

  static final Family FAMILY =
      Family.builder("Youtu", "deepseek2")
          .like(DeepSeek.FAMILY)
          .models("Youtu LLM 2B", "Youtu VL 4B (text part)")
          .defaults(DEFAULTS, "youtu")
          .publishedDefaults(DEFAULTS, "youtu_llm", "youtu_vl")
          .tensors(CommonTensors.FRAME, LatentAttention.TENSORS, CommonTensors.FEED_FORWARD_NETWORK)
          .leftovers(LEFTOVERS)
          .metadata(NetworkKeys.SIZES, DeepSeek.KEYS, MetadataRule.implied("mlp_bias", false))
          .unusedFields("qk_head_dim", "embedding_initializer_range")
          .build();

  private Youtu() {}
}
