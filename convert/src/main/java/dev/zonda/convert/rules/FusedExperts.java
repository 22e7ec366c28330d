package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import java.util.List;

/// The experts of a layer as transformers 5 holds them, and saves them if told to: all matrices of
/// a kind in one tensor, with the gate of an expert above its up.
public final class FusedExperts {
  private FusedExperts() {}

  /// @param prefix of the experts' names in a layer
  /// @param count of experts
  /// @param feedForward inner features of an expert
  public static TensorRule of(String prefix, Dimension count, Dimension feedForward) {
    // They are parameters of a module; some tools name them like the weights of one.
    return of(prefix, "", count, feedForward).or(of(prefix, ".weight", count, feedForward));
  }

  private static TensorRule of(String prefix, String end, Dimension count, Dimension feedForward) {
    return TensorRule.together(
        block(prefix + "down_proj" + end, "ffn_down_exps.weight", count, HIDDEN, feedForward),
        TensorRule.split(
            "model.layers.{layer}." + prefix + "gate_up_proj" + end,
            List.of(count, feedForward.times(2), HIDDEN),
            new TensorRule.Output("blk.{layer}.ffn_gate_exps.weight", Transform.FIRST_HALF),
            new TensorRule.Output("blk.{layer}.ffn_up_exps.weight", Transform.SECOND_HALF)));
  }
}
