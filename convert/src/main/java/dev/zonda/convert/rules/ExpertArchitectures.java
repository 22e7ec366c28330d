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
import static dev.zonda.convert.rules.LoadedTensors.ROPE_FACTORS;
import static dev.zonda.convert.rules.LoadedTensors.SHARED;

import java.util.List;
import java.util.Map;

/// What llama.cpp loads of architectures that have experts, or may have them.
final class ExpertArchitectures {
  private static final LoadedTensors LLAMA =
      LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED, ROPE_FACTORS))
          .and(OUTPUT, "rope_freqs.weight")
          .andInLayers("attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias");

  private static final LoadedTensors LATENT =
      LoadedTensors.of(List.of(FRAME, NORMS, DENSE, EXPERTS, SHARED))
          .and(OUTPUT)
          .andInLayers(
              "attn_q.weight",
              "attn_q_a.weight",
              "attn_q_a_norm.weight",
              "attn_q_b.weight",
              "attn_kv_a_mqa.weight",
              "attn_kv_a_norm.weight",
              "attn_kv_b.weight",
              "attn_k_b.weight",
              "attn_v_b.weight",
              "attn_output.weight",
              "exp_probs_b.bias",
              "ffn_gate_up_exps.weight");

  static final Map<String, LoadedTensors> ALL =
      Map.ofEntries(
          Map.entry("llama", LLAMA),
          Map.entry("mistral3", LLAMA),
          Map.entry(
              "gemma4",
              LoadedTensors.of(List.of(FRAME, NORMS, HEAD_NORMS, DENSE))
                  .and(
                      OUTPUT,
                      "rope_freqs.weight",
                      "per_layer_token_embd.weight",
                      "per_layer_model_proj.weight",
                      "per_layer_proj_norm.weight")
                  .andInLayers(
                      "attn_q.weight",
                      "attn_k.weight",
                      "attn_v.weight",
                      "attn_output.weight",
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "layer_output_scale.weight",
                      "inp_gate.weight",
                      "proj.weight",
                      "post_norm.weight",
                      "ffn_gate_inp.weight",
                      "ffn_gate_inp.scale",
                      "ffn_gate_up_exps.weight",
                      "ffn_down_exps.weight",
                      "ffn_down_exps.scale",
                      "post_ffw_norm_1.weight",
                      "post_ffw_norm_2.weight",
                      "pre_ffw_norm_2.weight")),
          Map.entry(
              "llama4",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT, "rope_freqs.weight")),
          Map.entry(
              "qwen2moe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, EXPERTS, SHARED))
                  .andInLayers("ffn_gate_inp_shexp.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "qwen3moe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).and(OUTPUT)),
          Map.entry("deepseek2", LATENT.and(PREDICTORS.toArray(String[]::new))),
          Map.entry("mistral4", LATENT),
          Map.entry(
              "cohere2moe",
              LoadedTensors.of(List.of(FRAME, HEADS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers("attn_norm.weight")),
          Map.entry(
              "deepseek",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED)).and(OUTPUT)),
          Map.entry(
              "gpt-oss",
              LoadedTensors.of(List.of(FRAME, HEADS, EXPERTS))
                  .andInLayers(
                      "attn_norm.weight",
                      "post_attention_norm.weight",
                      "attn_sinks.weight",
                      "ffn_gate_inp.bias",
                      "ffn_gate_exps.bias",
                      "ffn_up_exps.bias",
                      "ffn_down_exps.bias")
                  .needs(OUTPUT, BLOCK + "attn_output.bias")),
          Map.entry(
              "glm4moe",
              LoadedTensors.of(
                      List.of(FRAME, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_norm.weight", "post_attention_norm.weight", "exp_probs_b.bias")),
          Map.entry(
              "phimoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, EXPERTS, ROPE_FACTORS))
                  .and("output_norm.bias")
                  .andInLayers("attn_norm.bias", "ffn_norm.bias")
                  .needs(OUTPUT, "output.bias", BLOCK + "attn_output.bias")),
          Map.entry("granite", LLAMA),
          Map.entry(
              "granitemoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, EXPERTS, SHARED, ROPE_FACTORS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers("attn_output.bias")),
          Map.entry("minicpm", LLAMA),
          Map.entry(
              "olmoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "qwen3vlmoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).and(OUTPUT)),
          Map.entry("refact", LLAMA),
          Map.entry(
              "llada-moe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "rnd1",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).and(OUTPUT)),
          Map.entry(
              "mellum",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "maple",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "bailingmoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, EXPERTS, SHARED)).needs(OUTPUT)),
          Map.entry(
              "bailingmoe2",
              LoadedTensors.of(
                      List.of(FRAME, NORMS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .andInLayers(
                      "attn_qkv.weight",
                      "attn_output.weight",
                      "exp_probs_b.bias",
                      "layer_output_norm.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "afmoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_gate.weight",
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "exp_probs_b.bias")),
          Map.entry(
              "laguna",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT)
                  .andInLayers("attn_gate.weight", "exp_probs_b.bias")),
          Map.entry(
              "smallthinker", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, EXPERTS)).and(OUTPUT)),
          Map.entry(
              "dbrx",
              LoadedTensors.of(List.of(FRAME, EXPERTS))
                  .andInLayers(
                      "attn_norm.weight",
                      "attn_output_norm.weight",
                      "attn_qkv.weight",
                      "attn_output.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "grok",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_output_norm.weight",
                      "layer_output_norm.weight",
                      "post_ffw_norm.weight")),
          Map.entry(
              "grovemoe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS))
                  .and(OUTPUT)
                  .andInLayers(
                      "ffn_gate_chexps.weight", "ffn_up_chexps.weight", "ffn_down_chexps.weight")),
          Map.entry(
              "mimo2",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, PREDICTORS))
                  .andInLayers("attn_sinks.weight", "exp_probs_b.bias", "layer_output_norm.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "arctic",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS))
                  .and(OUTPUT)
                  .andInLayers("ffn_norm_exps.weight")),
          Map.entry(
              "exaone-moe",
              LoadedTensors.of(
                      List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and("rope_freqs.weight")
                  .andInLayers("exp_probs_b.bias")
                  .needs(OUTPUT)),
          Map.entry(
              "ernie4_5-moe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT)
                  .andInLayers("exp_probs_b.bias")),
          Map.entry(
              "hunyuan-moe",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS, SHARED))
                  .and(OUTPUT)),
          Map.entry(
              "hy_v3",
              LoadedTensors.of(
                      List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers("exp_probs_b", "ffn_gate_up_exps.weight")),
          Map.entry(
              "dots1",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED))
                  .andInLayers("exp_probs_b.bias")
                  .needs(OUTPUT)),
          Map.entry(
              "granite_swa",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, ROPE_FACTORS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers(
                      "attn_output.bias",
                      "attn_sinks.weight",
                      "ffn_gate.bias",
                      "ffn_up.bias",
                      "ffn_down.bias",
                      "ffn_gate_up_exps.weight",
                      "ffn_up_shexp.weight",
                      "ffn_down_shexp.weight")),
          Map.entry(
              "step35",
              LoadedTensors.of(
                      List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and("rope_freqs.weight")
                  .andInLayers("attn_gate.weight", "exp_probs_b.bias")
                  .needs(OUTPUT)),
          Map.entry(
              "minimax-m2",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS))
                  .andInLayers("exp_probs_b.bias")
                  .needs(OUTPUT)));

  private ExpertArchitectures() {}
}
