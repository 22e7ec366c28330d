package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import java.util.List;

/// Which tensors llama-quantize touches at all: matrices whose names end in `weight`, save for
/// small or delicate ones that are known by name.
final class Quantizable {
  private static final List<String> KEPT_NAME_PARTS =
      List.of(
          "_norm.weight",
          // Routing to experts.
          "ffn_gate_inp.weight",
          "ffn_gate_tid2eid.weight",
          // Matrices of a few values.
          "altup",
          "laurel",
          "per_layer_model_proj",
          "ssm_conv1d",
          "shortconv.conv.weight",
          "indexer.k_proj.weight",
          "indexer.q_proj.weight",
          // RWKV's small matrices.
          "time_mix_first.weight",
          "time_mix_w0.weight",
          "time_mix_w1.weight",
          "time_mix_w2.weight",
          "time_mix_v0.weight",
          "time_mix_v1.weight",
          "time_mix_v2.weight",
          "time_mix_a0.weight",
          "time_mix_a1.weight",
          "time_mix_a2.weight",
          "time_mix_g1.weight",
          "time_mix_g2.weight",
          "time_mix_decay_w1.weight",
          "time_mix_decay_w2.weight",
          "time_mix_lerp_fused.weight",
          // Positions.
          "attn_rel_b.weight",
          ".position_embd",
          "sam.pos_embd",
          ".rel_pos",
          // Images and sound.
          "sam.neck.",
          "sam.net_",
          ".patch_embd",
          ".patch_merger",
          "a.rvq.codebook",
          "mm.a.code_embd");

  private static final List<String> KEPT_NAMES =
      List.of("position_embd.weight", "token_types.weight");

  private static final String GLM5_NEXT = "glm5-next";

  private static final List<String> KEPT_IN_GLM5_NEXT =
      List.of(
          "hc_",
          "indexer.attn_q_b",
          "indexer.attn_k",
          "indexer.proj",
          "indexer_compressor_gate",
          "indexer_compressor_ape",
          "ssm_f_a.weight",
          "ssm_f_b.weight",
          "ssm_g_a.weight",
          "ssm_g_b.weight",
          "ssm_beta.weight",
          "attn_kv_a_mqa.weight",
          "attn_k_b.weight",
          "attn_v_b.weight");

  private static final List<String> EIGHT_BITS_IN_GLM5_NEXT =
      List.of("attn_q_a", "attn_q_b", "nextn.eh_proj");

  private Quantizable() {}

  /// Whether the tensor's type may change.
  static boolean allows(TensorInfo tensor, String architecture) {
    String name = tensor.name();
    return tensor.shape().withoutOuterOnes().rank() >= 2
        && name.endsWith("weight")
        && !KEPT_NAMES.contains(name)
        && KEPT_NAME_PARTS.stream().noneMatch(name::contains)
        && !(architecture.equals(GLM5_NEXT) && KEPT_IN_GLM5_NEXT.stream().anyMatch(name::contains));
  }

  /// Whether a mixture gives the tensor eight bits, whatever its role.
  static boolean keepsEightBits(TensorInfo tensor, String architecture) {
    return architecture.equals(GLM5_NEXT)
        && EIGHT_BITS_IN_GLM5_NEXT.stream().anyMatch(tensor.name()::contains);
  }
}
