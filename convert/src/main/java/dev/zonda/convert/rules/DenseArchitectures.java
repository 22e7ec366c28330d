package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.LoadedTensors.BLOCK;
import static dev.zonda.convert.rules.LoadedTensors.DENSE;
import static dev.zonda.convert.rules.LoadedTensors.FRAME;
import static dev.zonda.convert.rules.LoadedTensors.HEADS;
import static dev.zonda.convert.rules.LoadedTensors.HEAD_NORMS;
import static dev.zonda.convert.rules.LoadedTensors.NORMS;
import static dev.zonda.convert.rules.LoadedTensors.OUTPUT;
import static dev.zonda.convert.rules.LoadedTensors.PREDICTORS;
import static dev.zonda.convert.rules.LoadedTensors.ROPE_FACTORS;

import java.util.List;
import java.util.Map;

/// What llama.cpp loads of architectures without experts.
final class DenseArchitectures {
  private static final LoadedTensors FUSED =
      LoadedTensors.of(List.of(FRAME, NORMS))
          .and("output_norm.bias")
          .andInLayers(
              "attn_norm.bias",
              "attn_qkv.weight",
              "attn_qkv.bias",
              "attn_output.weight",
              "attn_output.bias",
              "ffn_norm.bias",
              "ffn_up.weight",
              "ffn_up.bias",
              "ffn_down.weight",
              "ffn_down.bias");

  static final Map<String, LoadedTensors> ALL =
      Map.ofEntries(
          Map.entry(
              "qwen2",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT, "output.bias")),
          Map.entry(
              "qwen3",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT, "cls.output.weight")),
          Map.entry(
              "phi3",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, ROPE_FACTORS))
                  .and(OUTPUT)
                  .andInLayers("ffn_up.weight", "ffn_down.weight")),
          Map.entry(
              "gemma2",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .andInLayers("post_attention_norm.weight", "post_ffw_norm.weight")),
          Map.entry(
              "gemma3n",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(
                      OUTPUT,
                      "altup_proj.weight",
                      "altup_unembd_proj.weight",
                      "per_layer_token_embd.weight",
                      "per_layer_model_proj.weight",
                      "per_layer_proj_norm.weight")
                  .andInLayers(
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "inp_gate.weight",
                      "proj.weight",
                      "post_norm.weight",
                      "altup_correct_coef.weight",
                      "altup_correct_scale.weight",
                      "altup_predict_coef.weight",
                      "altup_router.weight",
                      "altup_router_norm.weight",
                      "laurel_l.weight",
                      "laurel_r.weight",
                      "laurel_post_norm.weight")),
          Map.entry(
              "gemma3",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT)
                  .andInLayers("post_attention_norm.weight", "post_ffw_norm.weight")),
          Map.entry("smollm3", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "seed_oss",
              LoadedTensors.of(List.of(FRAME, HEADS, DENSE))
                  .and(OUTPUT)
                  .andInLayers("attn_norm.weight", "post_attention_norm.weight")),
          // It loads attn_output.bias, too, but computes without it.
          Map.entry("ernie4_5", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "falcon",
              LoadedTensors.of(List.of(FRAME))
                  .and(OUTPUT, "output_norm.bias")
                  .andInLayers(
                      "attn_norm.weight",
                      "attn_norm.bias",
                      "attn_norm_2.weight",
                      "attn_norm_2.bias",
                      "attn_qkv.weight",
                      "attn_output.weight",
                      "ffn_up.weight",
                      "ffn_down.weight")),
          Map.entry(
              "gptneox", FUSED.needs(OUTPUT, BLOCK + "attn_qkv.bias", BLOCK + "attn_output.bias")),
          Map.entry("bloom", FUSED.and(OUTPUT, "token_embd_norm.weight", "token_embd_norm.bias")),
          Map.entry("gpt2", FUSED.and(OUTPUT, "position_embd.weight")),
          Map.entry(
              "mpt",
              FUSED
                  .and(OUTPUT, "position_embd.weight")
                  .andInLayers(
                      "attn_q_norm.weight",
                      "attn_q_norm.bias",
                      "attn_k_norm.weight",
                      "attn_k_norm.bias")),
          Map.entry(
              "starcoder",
              FUSED
                  .and(OUTPUT, "position_embd.weight")
                  .needs(BLOCK + "attn_qkv.bias", BLOCK + "attn_output.bias")),
          Map.entry(
              "starcoder2",
              LoadedTensors.of(List.of(HEADS))
                  .and(FUSED.loaded().toArray(String[]::new))
                  .and(OUTPUT)
                  .needs(
                      BLOCK + "attn_output.bias", BLOCK + "ffn_up.bias", BLOCK + "ffn_down.bias")),
          Map.entry(
              "phi2",
              LoadedTensors.of(List.of(FRAME, HEADS))
                  .and("output_norm.bias")
                  .andInLayers(
                      "attn_norm.weight",
                      "attn_norm.bias",
                      "attn_output.bias",
                      "ffn_up.weight",
                      "ffn_up.bias",
                      "ffn_down.weight",
                      "ffn_down.bias")
                  .needs(OUTPUT, "output.bias")),
          Map.entry(
              "chatglm",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS))
                  .and(OUTPUT)
                  .andInLayers("ffn_up.weight", "ffn_down.weight")),
          Map.entry(
              "glm4",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "ffn_up.weight",
                      "ffn_down.weight")),
          Map.entry(
              "exaone",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT, "rope_freqs.weight")),
          Map.entry(
              "exaone4",
              LoadedTensors.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers(
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "nextn.eh_proj.weight",
                      "nextn.enorm.weight",
                      "nextn.hnorm.weight",
                      "nextn.shared_head_norm.weight")),
          Map.entry("gemma", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))),
          Map.entry(
              "internlm2", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).needs(OUTPUT)),
          Map.entry(
              "minicpm3",
              LoadedTensors.of(List.of(FRAME, NORMS, DENSE, ROPE_FACTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_q_a.weight",
                      "attn_q_a_norm.weight",
                      "attn_q_b.weight",
                      "attn_kv_a_mqa.weight",
                      "attn_kv_a_norm.weight",
                      "attn_kv_b.weight",
                      "attn_output.weight")),
          Map.entry(
              "plm",
              LoadedTensors.of(List.of(FRAME, NORMS))
                  .andInLayers(
                      "attn_q.weight",
                      "attn_kv_a_mqa.weight",
                      "attn_kv_a_norm.weight",
                      "attn_kv_b.weight",
                      "attn_output.weight",
                      "ffn_up.weight",
                      "ffn_down.weight")),
          Map.entry(
              "olmo", LoadedTensors.of(List.of(HEADS, DENSE)).and("token_embd.weight", OUTPUT)),
          Map.entry(
              "olmo2",
              LoadedTensors.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE))
                  .andInLayers("post_attention_norm.weight", "post_ffw_norm.weight")
                  .needs(OUTPUT)),
          Map.entry("qwen2vl", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "qwen3vl",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT, "cls.output.weight")),
          Map.entry(
              "codeshell",
              LoadedTensors.of(List.of(HEADS))
                  .and(FUSED.loaded().toArray(String[]::new))
                  .needs(
                      OUTPUT,
                      BLOCK + "attn_output.bias",
                      BLOCK + "ffn_up.bias",
                      BLOCK + "ffn_down.bias")),
          Map.entry(
              "baichuan", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).needs(OUTPUT)),
          Map.entry("xverse", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).needs(OUTPUT)),
          Map.entry(
              "orion",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and("output_norm.bias")
                  .andInLayers("attn_norm.bias", "ffn_norm.bias")
                  .needs(OUTPUT)),
          Map.entry("jais", FUSED.andInLayers("ffn_gate.weight", "ffn_gate.bias").needs(OUTPUT)),
          Map.entry(
              "jais2",
              LoadedTensors.of(List.of(HEADS))
                  .and(FUSED.loaded().toArray(String[]::new))
                  .and(OUTPUT)
                  .needs(
                      BLOCK + "attn_output.bias", BLOCK + "ffn_up.bias", BLOCK + "ffn_down.bias")),
          Map.entry(
              "command-r",
              LoadedTensors.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE))
                  .andInLayers("attn_norm.weight")),
          Map.entry(
              "cohere2",
              LoadedTensors.of(List.of(FRAME, HEADS, DENSE)).andInLayers("attn_norm.weight")),
          Map.entry(
              "bitnet",
              LoadedTensors.of(List.of(FRAME, NORMS, DENSE))
                  .andInLayers(
                      "attn_q.weight",
                      "attn_k.weight",
                      "attn_v.weight",
                      "attn_output.weight",
                      "attn_sub_norm.weight",
                      "ffn_sub_norm.weight")),
          // The output of these three is always the embedding.
          Map.entry(
              "openelm",
              LoadedTensors.of(List.of(FRAME, NORMS, HEAD_NORMS, DENSE))
                  .andInLayers("attn_qkv.weight", "attn_output.weight")),
          Map.entry(
              "plamo",
              LoadedTensors.of(List.of(FRAME, HEADS, DENSE))
                  .andInLayers("attn_norm.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "plamo3",
              LoadedTensors.of(List.of(FRAME, NORMS, HEAD_NORMS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_qkv.weight",
                      "attn_output.weight",
                      "post_attention_norm",
                      "post_ffw_norm",
                      "ffn_up.weight",
                      "ffn_down.weight")),
          Map.entry(
              "qwen",
              LoadedTensors.of(List.of(FRAME, NORMS, DENSE))
                  .andInLayers("attn_qkv.weight", "attn_qkv.bias", "attn_output.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "pangu-embedded",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT)
                  .needs(BLOCK + "attn_output.bias")),
          Map.entry("dream", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry("llada", LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "arcee",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers("ffn_up.weight", "ffn_down.weight")),
          Map.entry(
              "apertus",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, ROPE_FACTORS))
                  .and("rope_freqs.weight")
                  .andInLayers("attn_output.bias", "ffn_up.weight", "ffn_down.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "stablelm",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .andInLayers("ffn_norm.bias")
                  .needs(OUTPUT, "output_norm.bias", BLOCK + "attn_norm.bias")),
          Map.entry(
              "nemotron",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS))
                  .andInLayers(
                      "attn_output.bias",
                      "ffn_up.weight",
                      "ffn_up.bias",
                      "ffn_down.weight",
                      "ffn_down.bias")
                  .needs(
                      OUTPUT,
                      "output_norm.bias",
                      BLOCK + "attn_norm.bias",
                      BLOCK + "ffn_norm.bias")),
          Map.entry(
              "maincoder",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE)).and(OUTPUT)),
          Map.entry(
              "nanbeige",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT, "rope_freqs.weight")),
          Map.entry(
              "deci",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE, ROPE_FACTORS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers(
                      "attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias")),
          Map.entry(
              "hunyuan-dense",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE)).and(OUTPUT)),
          Map.entry(
              "paddleocr",
              LoadedTensors.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT)
                  .andInLayers("attn_output.bias")));

  private DenseArchitectures() {}
}
