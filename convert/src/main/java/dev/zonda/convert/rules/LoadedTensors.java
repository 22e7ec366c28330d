package dev.zonda.convert.rules;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// The tensors that one architecture of llama.cpp loads and computes with.
///
/// @param loaded names of tensors that are loaded
/// @param needed those of them without which the file is refused, and which a checkpoint may lack
record LoadedTensors(Set<String> loaded, List<String> needed) {
  static final String BLOCK = "blk.N.";
  static final String OUTPUT = "output.weight";

  static final List<String> FRAME = List.of("token_embd.weight", "output_norm.weight");
  static final List<String> NORMS = layer("attn_norm.weight", "ffn_norm.weight");
  static final List<String> HEADS =
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
  static final List<String> HEAD_NORMS = layer("attn_q_norm.weight", "attn_k_norm.weight");
  static final List<String> DENSE = layer("ffn_gate.weight", "ffn_up.weight", "ffn_down.weight");
  static final List<String> EXPERTS =
      layer(
          "ffn_gate_inp.weight",
          "ffn_gate_exps.weight",
          "ffn_up_exps.weight",
          "ffn_down_exps.weight");
  static final List<String> SHARED =
      layer("ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight");
  static final List<String> PREDICTORS =
      layer(
          "nextn.eh_proj.weight",
          "nextn.enorm.weight",
          "nextn.hnorm.weight",
          "nextn.embed_tokens.weight",
          "nextn.shared_head_head.weight",
          "nextn.shared_head_norm.weight");
  static final List<String> ROPE_FACTORS =
      List.of("rope_factors_long.weight", "rope_factors_short.weight");

  static LoadedTensors of(List<List<String>> parts) {
    Set<String> all = parts.stream().flatMap(List::stream).collect(Collectors.toUnmodifiableSet());
    return new LoadedTensors(all, List.of());
  }

  LoadedTensors and(String... names) {
    Set<String> all = new HashSet<>(loaded);
    all.addAll(List.of(names));
    return new LoadedTensors(Set.copyOf(all), needed);
  }

  LoadedTensors andInLayers(String... names) {
    return and(layer(names).toArray(String[]::new));
  }

  LoadedTensors needs(String... names) {
    return new LoadedTensors(and(names).loaded(), List.of(names));
  }

  private static List<String> layer(String... names) {
    List<String> all = new ArrayList<>();
    for (String name : names) {
      all.add(BLOCK + name);
    }
    return List.copyOf(all);
  }
}
