package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.LoadedTensors.BLOCK;
import static dev.zonda.convert.rules.LoadedTensors.DENSE;
import static dev.zonda.convert.rules.LoadedTensors.EXPERTS;
import static dev.zonda.convert.rules.LoadedTensors.FRAME;
import static dev.zonda.convert.rules.LoadedTensors.HEADS;
import static dev.zonda.convert.rules.LoadedTensors.HEAD_NORMS;
import static dev.zonda.convert.rules.LoadedTensors.NORMS;
import static dev.zonda.convert.rules.LoadedTensors.OUTPUT;
import static dev.zonda.convert.rules.LoadedTensors.PREDICTORS;
import static dev.zonda.convert.rules.LoadedTensors.SHARED;

import java.util.List;
import java.util.Map;

/// What llama.cpp loads of architectures whose layers keep a state instead of keys and values, or
/// may do so.
final class HybridArchitectures {
  /// Queries that are made from a short vector are loaded, but not computed.
  private static final LoadedTensors KIMI_LINEAR =
      LoadedTensors.of(List.of(FRAME, NORMS, DENSE, EXPERTS, SHARED))
          .andInLayers(
              "attn_q.weight",
              "attn_k.weight",
              "attn_v.weight",
              "attn_qkv.weight",
              "attn_output.weight",
              "attn_kv_a_mqa.weight",
              "attn_kv_a_norm.weight",
              "attn_kv_b.weight",
              "attn_k_b.weight",
              "attn_v_b.weight",
              "exp_probs_b.bias")
          .andInLayers(
              "ssm_conv1d_q.weight",
              "ssm_conv1d_k.weight",
              "ssm_conv1d_v.weight",
              "ssm_f_a.weight",
              "ssm_f_b.weight",
              "ssm_dt.bias",
              "ssm_a",
              "ssm_beta.weight",
              "ssm_g_a.weight",
              "ssm_g_b.weight",
              "ssm_norm.weight")
          .needs(OUTPUT);

  private static final List<String> GATED_DELTA =
      LoadedTensors.of(List.of())
          .andInLayers(
              "attn_qkv.weight",
              "attn_gate.weight",
              "ssm_conv1d.weight",
              "ssm_dt.bias",
              "ssm_a",
              "ssm_norm.weight",
              "ssm_out.weight")
          .loaded()
          .stream()
          .toList();

  private static final List<String> SELECTIVE_SCAN =
      LoadedTensors.of(List.of())
          .andInLayers(
              "ssm_in.weight",
              "ssm_conv1d.weight",
              "ssm_conv1d.bias",
              "ssm_x.weight",
              "ssm_dt.weight",
              "ssm_dt.bias",
              "ssm_a",
              "ssm_d",
              "ssm_out.weight")
          .loaded()
          .stream()
          .toList();

  private static final LoadedTensors CONVOLUTIONS =
      LoadedTensors.of(List.of(NORMS, HEADS, HEAD_NORMS, DENSE))
          .and("token_embd.weight", "token_embd_norm.weight", OUTPUT)
          .andInLayers(
              "shortconv.conv.weight", "shortconv.in_proj.weight", "shortconv.out_proj.weight");

  private static final LoadedTensors MAMBA_2 =
      LoadedTensors.of(List.of(FRAME))
          .and(OUTPUT)
          .andInLayers(
              "ssm_in.weight",
              "ssm_conv1d.weight",
              "ssm_conv1d.bias",
              "ssm_dt.bias",
              "ssm_a",
              "ssm_d",
              "ssm_norm.weight",
              "ssm_out.weight");

  private static final LoadedTensors NEMOTRON_H =
      LoadedTensors.of(List.of(FRAME, HEADS, List.copyOf(MAMBA_2.loaded())))
          .and(OUTPUT)
          .andInLayers("attn_norm.weight");

  private static final LoadedTensors QWEN_WITH_EXPERTS =
      LoadedTensors.of(List.of(FRAME, HEADS, HEAD_NORMS, EXPERTS, SHARED, GATED_DELTA, PREDICTORS))
          .and(OUTPUT)
          .andInLayers(
              "attn_norm.weight", "post_attention_norm.weight", "ffn_gate_inp_shexp.weight");

  private static final LoadedTensors PLAMO_2 =
      LoadedTensors.of(List.of(FRAME, NORMS, HEAD_NORMS))
          .and(OUTPUT)
          .andInLayers(
              "attn_qkv.weight",
              "attn_output.weight",
              "post_attention_norm",
              "post_ffw_norm",
              "ffn_up.weight",
              "ffn_down.weight",
              "ssm_in.weight",
              "ssm_conv1d.weight",
              "ssm_x.weight",
              "ssm_dt.weight",
              "ssm_dt.bias",
              "ssm_dt_norm",
              "ssm_a",
              "ssm_b_norm",
              "ssm_c_norm",
              "ssm_d",
              "ssm_out.weight");

  static final Map<String, LoadedTensors> ALL =
      Map.ofEntries(
          Map.entry("plamo2", PLAMO_2),
          Map.entry("lfm2", CONVOLUTIONS),
          Map.entry(
              "lfm2moe",
              CONVOLUTIONS.and(EXPERTS.toArray(String[]::new)).andInLayers("exp_probs_b.bias")),
          Map.entry(
              "qwen35",
              LoadedTensors.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE, GATED_DELTA, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_norm.weight",
                      "post_attention_norm.weight",
                      "ssm_alpha.weight",
                      "ssm_beta.weight")),
          Map.entry(
              "jamba",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SELECTIVE_SCAN))
                  .and(OUTPUT)
                  .andInLayers("ssm_dt_norm.weight", "ssm_b_norm.weight", "ssm_c_norm.weight")
                  .needs(BLOCK + "ssm_conv1d.bias")),
          Map.entry(
              "mamba",
              LoadedTensors.of(List.of(FRAME, SELECTIVE_SCAN))
                  .and(OUTPUT)
                  .andInLayers("attn_norm.weight")
                  .needs(BLOCK + "ssm_conv1d.bias")),
          Map.entry(
              "qwen35moe", QWEN_WITH_EXPERTS.andInLayers("ssm_alpha.weight", "ssm_beta.weight")),
          Map.entry(
              "granitehybrid",
              LoadedTensors.of(
                      List.of(
                          FRAME,
                          NORMS,
                          HEADS,
                          DENSE,
                          EXPERTS,
                          SHARED,
                          List.copyOf(MAMBA_2.loaded())))
                  .and("rope_freqs.weight")
                  .andInLayers(
                      "attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias")),
          Map.entry(
              "falcon-h1",
              LoadedTensors.of(List.of(HEADS, DENSE, List.copyOf(MAMBA_2.loaded())))
                  .andInLayers(
                      "attn_norm.weight",
                      "ffn_norm",
                      "ffn_gate.bias",
                      "ffn_up.bias",
                      "ffn_down.bias")
                  // Embeddings have another factor than the output.
                  .needs(OUTPUT)),
          Map.entry("kimi-linear", KIMI_LINEAR),
          Map.entry("mamba2", MAMBA_2.andInLayers("attn_norm.weight")),
          Map.entry(
              "nemotron_h",
              NEMOTRON_H.andInLayers(
                  "ffn_up.weight", "ffn_down.weight", "ffn_up.bias", "ffn_down.bias")),
          Map.entry(
              "nemotron_h_moe",
              NEMOTRON_H.andInLayers(
                  "ffn_gate_inp.weight",
                  "exp_probs_b.bias",
                  "ffn_latent_down.weight",
                  "ffn_latent_up.weight",
                  "ffn_up_exps.weight",
                  "ffn_down_exps.weight",
                  "ffn_up_shexp.weight",
                  "ffn_down_shexp.weight",
                  "post_attention_norm.weight",
                  "nextn.eh_proj.weight",
                  "nextn.enorm.weight",
                  "nextn.hnorm.weight",
                  "nextn.shared_head_norm.weight")),
          Map.entry("qwen3next", QWEN_WITH_EXPERTS.andInLayers("ssm_ba.weight")));

  private HybridArchitectures() {}
}
