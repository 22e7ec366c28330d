package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.LoadedTensors.DENSE;
import static dev.zonda.convert.rules.LoadedTensors.FRAME;
import static dev.zonda.convert.rules.LoadedTensors.HEADS;
import static dev.zonda.convert.rules.LoadedTensors.HEAD_NORMS;
import static dev.zonda.convert.rules.LoadedTensors.OUTPUT;
import static dev.zonda.convert.rules.LoadedTensors.PREDICTORS;

import java.util.List;
import java.util.Map;

/// What llama.cpp loads of architectures whose layers keep a state instead of keys and values, or
/// may do so.
final class HybridArchitectures {
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

  static final Map<String, LoadedTensors> ALL =
      Map.ofEntries(
          Map.entry(
              "qwen35",
              LoadedTensors.of(List.of(FRAME, HEADS, HEAD_NORMS, DENSE, GATED_DELTA, PREDICTORS))
                  .and(OUTPUT)
                  .andInLayers(
                      "attn_norm.weight",
                      "post_attention_norm.weight",
                      "ssm_alpha.weight",
                      "ssm_beta.weight")));

  private HybridArchitectures() {}
}
