package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;
import java.util.Map;

/// Mixtral: Mistral with a router and several feed-forward networks per layer. In the file the
/// experts of a layer are one tensor. transformers 5 calls the network `mlp`.
final class Mixtral {
  private static final Dimension EXPERTS = Dimension.of("num_local_experts");

  /// A router and experts; in the file the experts of a layer are one tensor.
  static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("block_sparse_moe.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
                  block(
                      "block_sparse_moe.experts.{expert}.w1.weight",
                      "ffn_gate_exps.weight",
                      EXPERTS,
                      FEED_FORWARD,
                      HIDDEN),
                  block(
                      "block_sparse_moe.experts.{expert}.w2.weight",
                      "ffn_down_exps.weight",
                      EXPERTS,
                      HIDDEN,
                      FEED_FORWARD),
                  block(
                      "block_sparse_moe.experts.{expert}.w3.weight",
                      "ffn_up_exps.weight",
                      EXPERTS,
                      FEED_FORWARD,
                      HIDDEN))
              .or(FusedExperts.of("block_sparse_moe.experts.", EXPERTS, FEED_FORWARD)));

  /// What transformers' MixtralConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 1e6,
                  "num_local_experts", 8,
                  "num_experts_per_tok", 2))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("Mixtral", "llama")
          .like(Mistral.FAMILY)
          .models("Mixtral 8x7B", "Mixtral 8x22B")
          .defaults(DEFAULTS, "mixtral")
          .tensors(CommonTensors.FRAME, Llama.ATTENTION, EXPERT_NETWORK)
          .rename(".mlp.", ".block_sparse_moe.")
          .build();

  private Mixtral() {}
}
