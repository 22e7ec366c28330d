package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.LatentAttention;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// GLM 4.7 Flash: the network of DeepSeek V3 with GLM's vocabulary, and a layer that predicts a
/// further token.
final class Glm4MoeLite {
  private static final String TYPE = "glm4_moe_lite";

  private static final String COUNT = "first_k_dense_replace";

  private static final String SPARSE = "sparse";

  /// What transformers' Glm4MoeLiteConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 154880,
                  "hidden_size", 2048,
                  "intermediate_size", 10240,
                  "num_hidden_layers", 47,
                  "num_attention_heads", 20,
                  "max_position_embeddings", 202752,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .with(
              Map.of(
                  "q_lora_rank", 768,
                  "kv_lora_rank", 512,
                  "qk_rope_head_dim", 64,
                  "qk_nope_head_dim", 192,
                  "v_head_dim", 256,
                  "moe_intermediate_size", 1536,
                  "num_experts_per_tok", 4))
          .with(
              Map.of(
                  "n_shared_experts", 1,
                  "n_routed_experts", 64,
                  "routed_scaling_factor", 1.8,
                  "n_group", 1,
                  "topk_group", 1,
                  "norm_topk_prob", true))
          .keyHeads(20);

  static final Family FAMILY =
      Family.builder("GLM 4.7 Flash", "deepseek2")
          .like(DeepSeek.FAMILY)
          .models("GLM 4.7 Flash")
          .defaults(DEFAULTS, TYPE)
          .aliases(Map.of("n_routed_experts", List.of("num_local_experts")))
          .tensors(
              CommonTensors.FRAME,
              LatentAttention.TENSORS,
              DeepSeek.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              DeepSeek.onExpertLayers(Glm4Moe.EXPERT_NETWORK),
              DeepSeek.onExpertLayers(DeepSeek.SHARED_EXPERTS),
              DeepSeek.onExpertLayers(Glm4Moe.CORRECTION),
              Predictors.TENSORS)
          .predictors(Predictors.USUAL)
          .metadata(NetworkKeys.SIZES, DeepSeek.KEYS, Predictors.KEY, DeepSeek::gating)
          .unusedFields("qk_head_dim")
          .vocabulary(VocabularyForm.GLM_4_5)
          .build();

  private Glm4MoeLite() {}

  static boolean is(JsonFields config) throws FormatException {
    return config.text("model_type").filter(TYPE::equals).isPresent();
  }

  /// How many of the first layers have no experts: one, if no field says otherwise.
  static long denseLayers(JsonFields config) throws FormatException {
    Optional<List<String>> said = config.texts("mlp_layer_types");
    long counted = config.integer(COUNT, 0, Integer.MAX_VALUE).orElse(1);
    if (said.isEmpty()) {
      return counted;
    }
    List<String> kinds = said.get();
    int first = kinds.indexOf(SPARSE);
    int dense = first < 0 ? kinds.size() : first;
    if (kinds.subList(dense, kinds.size()).stream().anyMatch(kind -> !kind.equals(SPARSE))) {
      throw config.problem(
          "mlp_layer_types",
          "has a dense layer behind one with experts, which GGUF has no key for");
    }
    return dense;
  }

  /// llama.cpp's converter reads only the count, which is 0 if it is missing.
  static void correctDenseLayers(MetadataRule.Source source, String key, Metadata.Builder metadata)
      throws FormatException {
    JsonFields config = source.config().fields();
    long right = denseLayers(config);
    long ofReference = config.integer(COUNT, 0, Integer.MAX_VALUE).orElse(0);
    if (!source.isCorrected()) {
      metadata.putUint32(key, ofReference);
    } else if (right != ofReference) {
      source
          .notes()
          .add(
              "%d layers without experts are written as %s; llama.cpp's converter writes %d (--as-reference)"
                  .formatted(right, key, ofReference));
    }
  }
}
