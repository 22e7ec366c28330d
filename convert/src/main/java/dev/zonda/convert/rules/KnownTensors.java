package dev.zonda.convert.rules;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The tensors that llama.cpp's architectures load. A file with another one is refused there, and
/// so is one without a tensor that is needed.
///
/// Names are GGUF's, with `blk.N.` for all layers. A tensor that is loaded only in some layers, or
/// only with some metadata, counts as loaded everywhere.
public final class KnownTensors {
  private static final Pattern LAYER = Pattern.compile("^blk\\.[0-9]+\\.");
  private static final String BLOCK = "blk.N.";
  private static final String OUTPUT = "output.weight";

  private static final List<String> FRAME = List.of("token_embd.weight", "output_norm.weight");
  private static final List<String> NORMS = layer("attn_norm.weight", "ffn_norm.weight");
  private static final List<String> HEADS =
      layer(
          "attn_q.weight",
          "attn_k.weight",
          "attn_v.weight",
          "attn_q.bias",
          "attn_k.bias",
          "attn_v.bias",
          "attn_qkv.weight",
          "attn_qkv.bias",
          "attn_output.weight");
  private static final List<String> HEAD_NORMS = layer("attn_q_norm.weight", "attn_k_norm.weight");
  private static final List<String> DENSE =
      layer("ffn_gate.weight", "ffn_up.weight", "ffn_down.weight");
  private static final List<String> EXPERTS =
      layer(
          "ffn_gate_inp.weight",
          "ffn_gate_exps.weight",
          "ffn_up_exps.weight",
          "ffn_down_exps.weight");
  private static final List<String> SHARED =
      layer("ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight");
  private static final List<String> PREDICTORS =
      layer(
          "nextn.eh_proj.weight",
          "nextn.enorm.weight",
          "nextn.hnorm.weight",
          "nextn.embed_tokens.weight",
          "nextn.shared_head_head.weight",
          "nextn.shared_head_norm.weight");
  private static final List<String> ROPE_FACTORS =
      List.of("rope_factors_long.weight", "rope_factors_short.weight");

  private static final Architecture LLAMA =
      Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED, ROPE_FACTORS))
          .and(OUTPUT, "rope_freqs.weight")
          .andInLayers("attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias");

  private static final Architecture LATENT =
      Architecture.of(List.of(FRAME, NORMS, DENSE, EXPERTS, SHARED))
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

  private static final Architecture FUSED =
      Architecture.of(List.of(FRAME, NORMS))
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

  private static final Map<String, Architecture> ALL =
      Map.ofEntries(
          Map.entry("llama", LLAMA),
          Map.entry("mistral3", LLAMA),
          Map.entry(
              "llama4",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT, "rope_freqs.weight")),
          Map.entry(
              "qwen2",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT, "output.bias")),
          Map.entry(
              "qwen2moe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, EXPERTS, SHARED))
                  .andInLayers("ffn_gate_inp_shexp.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "qwen3",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT, "cls.output.weight")),
          Map.entry(
              "qwen3moe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).and(OUTPUT)),
          Map.entry("deepseek2", LATENT.and(PREDICTORS.toArray(String[]::new))),
          Map.entry("mistral4", LATENT),
          Map.entry(
              "phi3",
              Architecture.of(List.of(FRAME, NORMS, HEADS, ROPE_FACTORS))
                  .and(OUTPUT)
                  .andInLayers("ffn_up.weight", "ffn_down.weight")),
          Map.entry(
              "gemma2",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .andInLayers("post_attention_norm.weight", "post_ffw_norm.weight")),
          Map.entry(
              "gemma3",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT)
                  .andInLayers("post_attention_norm.weight", "post_ffw_norm.weight")),
          Map.entry(
              "gpt-oss",
              Architecture.of(List.of(FRAME, HEADS, EXPERTS))
                  .andInLayers(
                      "attn_norm.weight",
                      "post_attention_norm.weight",
                      "attn_sinks.weight",
                      "ffn_gate_inp.bias",
                      "ffn_gate_exps.bias",
                      "ffn_up_exps.bias",
                      "ffn_down_exps.bias")
                  .needs(OUTPUT, BLOCK + "attn_output.bias")),
          Map.entry("smollm3", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "seed_oss",
              Architecture.of(List.of(FRAME, HEADS, DENSE))
                  .and(OUTPUT)
                  .andInLayers("attn_norm.weight", "post_attention_norm.weight")),
          // It loads attn_output.bias, too, but computes without it.
          Map.entry("ernie4_5", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "glm4moe",
              Architecture.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_norm.weight", "post_attention_norm.weight", "exp_probs_b.bias")),
          Map.entry(
              "falcon",
              Architecture.of(List.of(FRAME))
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
              Architecture.of(List.of(HEADS))
                  .and(FUSED.loaded().toArray(String[]::new))
                  .and(OUTPUT)
                  .needs(
                      BLOCK + "attn_output.bias", BLOCK + "ffn_up.bias", BLOCK + "ffn_down.bias")),
          Map.entry(
              "phi2",
              Architecture.of(List.of(FRAME, HEADS))
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
              "phimoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, EXPERTS, ROPE_FACTORS))
                  .and("output_norm.bias")
                  .andInLayers("attn_norm.bias", "ffn_norm.bias")
                  .needs(OUTPUT, "output.bias", BLOCK + "attn_output.bias")),
          Map.entry(
              "glm4",
              Architecture.of(List.of(FRAME, NORMS, HEADS, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "ffn_up.weight",
                      "ffn_down.weight")),
          Map.entry(
              "exaone",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT, "rope_freqs.weight")),
          Map.entry(
              "exaone4",
              Architecture.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers(
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "nextn.eh_proj.weight",
                      "nextn.enorm.weight",
                      "nextn.hnorm.weight",
                      "nextn.shared_head_norm.weight")),
          Map.entry("granite", LLAMA),
          Map.entry(
              "granitemoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, EXPERTS, SHARED, ROPE_FACTORS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers("attn_output.bias")),
          Map.entry("gemma", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))),
          Map.entry(
              "internlm2", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).needs(OUTPUT)),
          Map.entry("minicpm", LLAMA),
          Map.entry(
              "minicpm3",
              Architecture.of(List.of(FRAME, NORMS, DENSE, ROPE_FACTORS))
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
              Architecture.of(List.of(FRAME, NORMS))
                  .andInLayers(
                      "attn_q.weight",
                      "attn_kv_a_mqa.weight",
                      "attn_kv_a_norm.weight",
                      "attn_kv_b.weight",
                      "attn_output.weight",
                      "ffn_up.weight",
                      "ffn_down.weight")),
          Map.entry(
              "olmo", Architecture.of(List.of(HEADS, DENSE)).and("token_embd.weight", OUTPUT)),
          Map.entry(
              "olmo2",
              Architecture.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE))
                  .andInLayers("post_attention_norm.weight", "post_ffw_norm.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "olmoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry("qwen2vl", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "qwen3vl",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .and(OUTPUT, "cls.output.weight")),
          Map.entry(
              "qwen3vlmoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).and(OUTPUT)),
          Map.entry(
              "codeshell",
              Architecture.of(List.of(HEADS))
                  .and(FUSED.loaded().toArray(String[]::new))
                  .needs(
                      OUTPUT,
                      BLOCK + "attn_output.bias",
                      BLOCK + "ffn_up.bias",
                      BLOCK + "ffn_down.bias")),
          Map.entry("refact", LLAMA),
          Map.entry("baichuan", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).needs(OUTPUT)),
          Map.entry("xverse", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).needs(OUTPUT)),
          Map.entry(
              "orion",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and("output_norm.bias")
                  .andInLayers("attn_norm.bias", "ffn_norm.bias")
                  .needs(OUTPUT)),
          Map.entry("jais", FUSED.andInLayers("ffn_gate.weight", "ffn_gate.bias").needs(OUTPUT)),
          Map.entry(
              "jais2",
              Architecture.of(List.of(HEADS))
                  .and(FUSED.loaded().toArray(String[]::new))
                  .and(OUTPUT)
                  .needs(
                      BLOCK + "attn_output.bias", BLOCK + "ffn_up.bias", BLOCK + "ffn_down.bias")),
          Map.entry(
              "command-r",
              Architecture.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE))
                  .andInLayers("attn_norm.weight")),
          Map.entry(
              "cohere2",
              Architecture.of(List.of(FRAME, HEADS, DENSE)).andInLayers("attn_norm.weight")),
          Map.entry(
              "bitnet",
              Architecture.of(List.of(FRAME, NORMS, DENSE))
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
              Architecture.of(List.of(FRAME, NORMS, HEAD_NORMS, DENSE))
                  .andInLayers("attn_qkv.weight", "attn_output.weight")),
          Map.entry(
              "plamo3",
              Architecture.of(List.of(FRAME, NORMS, HEAD_NORMS))
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
              Architecture.of(List.of(FRAME, NORMS, DENSE))
                  .andInLayers("attn_qkv.weight", "attn_qkv.bias", "attn_output.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "pangu-embedded",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT)
                  .needs(BLOCK + "attn_output.bias")),
          Map.entry("dream", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry("llada", Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE)).and(OUTPUT)),
          Map.entry(
              "llada-moe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "rnd1",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).and(OUTPUT)),
          Map.entry(
              "arcee",
              Architecture.of(List.of(FRAME, NORMS, HEADS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers("ffn_up.weight", "ffn_down.weight")),
          Map.entry(
              "apertus",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, ROPE_FACTORS))
                  .and("rope_freqs.weight")
                  .andInLayers("attn_output.bias", "ffn_up.weight", "ffn_down.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "stablelm",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE))
                  .andInLayers("ffn_norm.bias")
                  .needs(OUTPUT, "output_norm.bias", BLOCK + "attn_norm.bias")),
          Map.entry(
              "nemotron",
              Architecture.of(List.of(FRAME, NORMS, HEADS))
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
              "mellum",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "maincoder",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE)).and(OUTPUT)),
          Map.entry(
              "maple",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS)).needs(OUTPUT)),
          Map.entry(
              "nanbeige",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT, "rope_freqs.weight")),
          Map.entry(
              "bailingmoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, EXPERTS, SHARED)).needs(OUTPUT)),
          Map.entry(
              "bailingmoe2",
              Architecture.of(List.of(FRAME, NORMS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .andInLayers(
                      "attn_qkv.weight",
                      "attn_output.weight",
                      "exp_probs_b.bias",
                      "layer_output_norm.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "afmoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_gate.weight",
                      "post_attention_norm.weight",
                      "post_ffw_norm.weight",
                      "exp_probs_b.bias")),
          Map.entry(
              "laguna",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT)
                  .andInLayers("attn_gate.weight", "exp_probs_b.bias")),
          Map.entry(
              "smallthinker", Architecture.of(List.of(FRAME, NORMS, HEADS, EXPERTS)).and(OUTPUT)),
          Map.entry(
              "dbrx",
              Architecture.of(List.of(FRAME, EXPERTS))
                  .andInLayers(
                      "attn_norm.weight",
                      "attn_output_norm.weight",
                      "attn_qkv.weight",
                      "attn_output.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "grovemoe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS))
                  .and(OUTPUT)
                  .andInLayers(
                      "ffn_gate_chexps.weight", "ffn_up_chexps.weight", "ffn_down_chexps.weight")),
          Map.entry(
              "mimo2",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, PREDICTORS))
                  .andInLayers("attn_sinks.weight", "exp_probs_b.bias", "layer_output_norm.weight")
                  .needs(OUTPUT)),
          Map.entry(
              "arctic",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS))
                  .and(OUTPUT)
                  .andInLayers("ffn_norm_exps.weight")),
          Map.entry(
              "deci",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, ROPE_FACTORS))
                  .and(OUTPUT, "rope_freqs.weight")
                  .andInLayers(
                      "attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias")),
          Map.entry(
              "hunyuan-dense",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE)).and(OUTPUT)),
          Map.entry(
              "exaone-moe",
              Architecture.of(
                      List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED, PREDICTORS))
                  .and("rope_freqs.weight")
                  .andInLayers("exp_probs_b.bias")
                  .needs(OUTPUT)),
          Map.entry(
              "ernie4_5-moe",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, SHARED))
                  .and(OUTPUT)
                  .andInLayers("exp_probs_b.bias")),
          Map.entry(
              "dots1",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, DENSE, EXPERTS, SHARED))
                  .andInLayers("exp_probs_b.bias")
                  .needs(OUTPUT)),
          Map.entry(
              "granite_swa",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE, EXPERTS, ROPE_FACTORS))
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
              "minimax-m2",
              Architecture.of(List.of(FRAME, NORMS, HEADS, HEAD_NORMS, EXPERTS))
                  .andInLayers("exp_probs_b.bias")
                  .needs(OUTPUT)),
          Map.entry(
              "paddleocr",
              Architecture.of(List.of(FRAME, NORMS, HEADS, DENSE))
                  .and(OUTPUT)
                  .andInLayers("attn_output.bias")));

  private KnownTensors() {}

  /// @param loaded names of tensors that are loaded
  /// @param needed those of them without which the file is refused, and which a checkpoint may lack
  private record Architecture(Set<String> loaded, List<String> needed) {
    static Architecture of(List<List<String>> parts) {
      Set<String> all =
          parts.stream().flatMap(List::stream).collect(Collectors.toUnmodifiableSet());
      return new Architecture(all, List.of());
    }

    Architecture and(String... names) {
      Set<String> all = new HashSet<>(loaded);
      all.addAll(List.of(names));
      return new Architecture(Set.copyOf(all), needed);
    }

    Architecture andInLayers(String... names) {
      return and(layer(names).toArray(String[]::new));
    }

    Architecture needs(String... names) {
      return new Architecture(and(names).loaded(), List.of(names));
    }
  }

  private static List<String> layer(String... names) {
    List<String> all = new ArrayList<>();
    for (String name : names) {
      all.add(BLOCK + name);
    }
    return List.copyOf(all);
  }

  /// Whether llama.cpp knows an architecture at all.
  public static boolean hasArchitecture(String architecture) {
    return ALL.containsKey(architecture);
  }

  /// Whether an architecture loads a tensor.
  public static boolean accepts(String architecture, String tensor) {
    return Optional.ofNullable(ALL.get(architecture))
        .map(known -> known.loaded().contains(LAYER.matcher(tensor).replaceFirst(BLOCK)))
        .orElse(false);
  }

  /// Tensors that an architecture needs and a checkpoint may lack.
  ///
  /// @param layers of the model
  public static List<String> needed(String architecture, int layers) {
    List<String> all = new ArrayList<>();
    Optional.ofNullable(ALL.get(architecture)).map(Architecture::needed).stream()
        .flatMap(List::stream)
        .forEach(name -> {
          for (int layer = 0; layer < (name.startsWith(BLOCK) ? layers : 1); layer++) {
            all.add(name.replace(BLOCK, "blk." + layer + "."));
          }
        });
    return all;
  }
}
