package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.LatentAttention;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Mistral 4: DeepSeek's latent attention and experts, with gate and up of an expert in one matrix
/// and queries that grow with the position in long texts.
final class Mistral4 {
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("mlp.gate.weight", "ffn_gate_inp.weight", DeepSeek.EXPERTS, HIDDEN),
          block(
              "mlp.experts.down_proj",
              "ffn_down_exps.weight",
              DeepSeek.EXPERTS,
              HIDDEN,
              EXPERT_FEED_FORWARD),
          block(
              "mlp.experts.gate_up_proj",
              "ffn_gate_up_exps.weight",
              DeepSeek.EXPERTS,
              EXPERT_FEED_FORWARD.times(2),
              HIDDEN));

  /// What transformers' Mistral4Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 131072,
                  "hidden_size", 4096,
                  "intermediate_size", 12288,
                  "num_hidden_layers", 36,
                  "num_attention_heads", 32,
                  "head_dim", 128,
                  "max_position_embeddings", 1048576,
                  "rms_norm_eps", 1e-6,
                  "kv_lora_rank", 256,
                  "qk_rope_head_dim", 64))
          .with(
              Map.of(
                  "qk_nope_head_dim", 64,
                  "v_head_dim", 128,
                  "n_routed_experts", 128,
                  "num_experts_per_tok", 4,
                  "n_shared_experts", 1,
                  "moe_intermediate_size", 2048,
                  "n_group", 1,
                  "topk_group", 1,
                  "routed_scaling_factor", 1.0,
                  "norm_topk_prob", true))
          .with("q_lora_rank", 1024)
          .object("rope_parameters", () -> Mistral3.yarn(1e4, 128, 8192))
          .keyHeads(32);

  static final Family FAMILY =
      Family.builder("Mistral 4", "mistral4")
          .models("Mistral Small 4")
          .onlyModelTypes()
          .defaults(DEFAULTS, "mistral4")
          .tensors(
              CommonTensors.FRAME,
              LatentAttention.TENSORS,
              DeepSeek.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              DeepSeek.onExpertLayers(EXPERT_NETWORK),
              DeepSeek.onExpertLayers(DeepSeek.SHARED_EXPERTS))
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .outputMatrix(Family.OutputMatrix.SKIP_IF_TIED)
          .rope(RopeStyle.LATENT_DIVIDED)
          .unusedFields("qk_head_dim")
          .metadata(NetworkKeys.SIZES, DeepSeek.KEYS, Mistral4::temperature)
          .build();

  private Mistral4() {}

  /// llama.cpp's converter drops the growth, so that its files are wrong beyond the original
  /// length.
  private static void temperature(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (!source.isCorrected()
        || rope.fields().isEmpty()
        || !rope.fields().get().has("llama_4_scaling_beta")) {
      return;
    }
    double beta = rope.real("llama_4_scaling_beta", 0);
    String key = source.key("attention.temperature_scale");
    metadata.putFloat32(key, (float) beta);
    metadata.putUint32(source.key("attention.temperature_length"), rope.originalLength());
    source
        .notes()
        .add(
            ("llama_4_scaling_beta %s is written as %s; llama.cpp's converter drops it "
                    + "(--as-reference)")
                .formatted(beta, key));
  }
}
