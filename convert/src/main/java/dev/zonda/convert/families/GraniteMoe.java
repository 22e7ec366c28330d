package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Granite with experts: gate and up of all experts of a layer in one tensor; in some models, an
/// expert that every token goes through.
final class GraniteMoe {
  static final Dimension EXPERTS = Dimension.of("num_local_experts");
  static final Dimension SHARED = Dimension.of("shared_intermediate_size");

  private static final String EXPERTS_OF_LAYER = "model.layers.{layer}.block_sparse_moe.";
  private static final String SHARED_OF_LAYER = "model.layers.{layer}.shared_mlp.";

  static final TensorRule ROUTER =
      block("block_sparse_moe.router.layer.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN)
          .or(block("block_sparse_moe.router.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN));

  static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          ROUTER,
          gateAndUp("input_linear.weight")
              .or(gateAndUp("experts.gate_up_proj"))
              .or(gateAndUp("experts.gate_up_proj.weight")),
          down("output_linear.weight")
              .or(down("experts.down_proj"))
              .or(down("experts.down_proj.weight")));

  static final List<TensorRule> SHARED_EXPERT =
      TensorRule.on(
          (layer, sizes) -> shared(sizes.config()) > 0,
          List.of(
              TensorRule.split(
                  SHARED_OF_LAYER + "input_linear.weight",
                  List.of(SHARED.times(2), HIDDEN),
                  new TensorRule.Output("blk.{layer}.ffn_gate_shexp.weight", Transform.FIRST_HALF),
                  new TensorRule.Output("blk.{layer}.ffn_up_shexp.weight", Transform.SECOND_HALF)),
              block("shared_mlp.output_linear.weight", "ffn_down_shexp.weight", HIDDEN, SHARED)));

  /// What transformers' GraniteMoeConfig and GraniteMoeSharedConfig say.
  static final Defaults DEFAULTS =
      Granite.DEFAULTS.with(Map.of("num_local_experts", 8, "num_experts_per_tok", 2));

  static final Family FAMILY =
      Family.builder("Granite MoE", "granitemoe")
          .like(Granite.FAMILY)
          .models("Granite 3.0, 3.1 1B A400M, 3B A800M", "PowerMoE 3B")
          .defaults(DEFAULTS, "granitemoe", "granitemoeshared")
          .tensors(CommonTensors.FRAME, Llama.BIASED_ATTENTION, EXPERT_NETWORK, SHARED_EXPERT)
          .metadata(
              Granite.KEYS,
              GraniteMoe::sharedLength,
              ActivationRule.SILU,
              MetadataRule.implied("mlp_bias", false))
          .build();

  private GraniteMoe() {}

  static long shared(ModelConfig config) throws FormatException {
    return config.optionalCount(List.of("shared_intermediate_size")).orElse(0);
  }

  static void sharedLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long length = shared(source.config());
    if (length > 0) {
      metadata.putUint32(source.key("expert_shared_feed_forward_length"), length);
    }
  }

  private static TensorRule gateAndUp(String name) {
    return TensorRule.split(
        EXPERTS_OF_LAYER + name,
        List.of(EXPERTS, FEED_FORWARD.times(2), HIDDEN),
        new TensorRule.Output("blk.{layer}.ffn_gate_exps.weight", Transform.FIRST_HALF),
        new TensorRule.Output("blk.{layer}.ffn_up_exps.weight", Transform.SECOND_HALF));
  }

  static TensorRule down(String name) {
    return block("block_sparse_moe." + name, "ffn_down_exps.weight", EXPERTS, HIDDEN, FEED_FORWARD);
  }
}
