package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.formats.FormatException;
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

  /// The same with inputs before outputs: rows are inputs.
  public static TensorRule transposed(String prefix, Dimension count, Dimension feedForward) {
    return transposed(prefix, "", count, feedForward)
        .or(transposed(prefix, ".weight", count, feedForward));
  }

  /// Either form, as the shape says.
  public static TensorRule inEitherOrder(String prefix, Dimension count, Dimension feedForward) {
    return transposed(prefix, count, feedForward).or(misread(prefix, count, feedForward));
  }

  /// The usual form in families where llama.cpp's converter takes it for the transposed one, and
  /// writes a file that cannot be loaded.
  public static TensorRule misread(String prefix, Dimension count, Dimension feedForward) {
    return of(prefix, "", count, feedForward, FusedExperts::unlessAsReference)
        .or(of(prefix, ".weight", count, feedForward, FusedExperts::unlessAsReference));
  }

  private static Expression unlessAsReference(Expression source, ModelSizes sizes)
      throws FormatException {
    if (sizes.fidelity() == Fidelity.AS_REFERENCE) {
      throw FormatException.in(
          sizes.config().fields().file(),
          "belongs to weights whose experts have outputs before inputs, as transformers 5 saves"
              + " them; llama.cpp's converter takes them for the other order: leave out"
              + " --as-reference");
    }
    return source;
  }

  private static TensorRule transposed(
      String prefix, String end, Dimension count, Dimension feedForward) {
    return TensorRule.together(
        block(prefix + "down_proj" + end, "ffn_down_exps.weight", count, feedForward, HIDDEN)
            .with(Transform.TRANSPOSE),
        TensorRule.split(
            "model.layers.{layer}." + prefix + "gate_up_proj" + end,
            List.of(count, HIDDEN, feedForward.times(2)),
            new TensorRule.Output(
                "blk.{layer}.ffn_gate_exps.weight",
                (source, sizes) -> Transform.FIRST_HALF.apply(new Transpose(source), sizes)),
            new TensorRule.Output(
                "blk.{layer}.ffn_up_exps.weight",
                (source, sizes) -> Transform.SECOND_HALF.apply(new Transpose(source), sizes))));
  }

  private static TensorRule of(String prefix, String end, Dimension count, Dimension feedForward) {
    return of(prefix, end, count, feedForward, Transform.NONE);
  }

  /// @param down what becomes of the matrices of results
  private static TensorRule of(
      String prefix, String end, Dimension count, Dimension feedForward, Transform down) {
    return TensorRule.together(
        block(prefix + "down_proj" + end, "ffn_down_exps.weight", count, HIDDEN, feedForward)
            .with(down),
        TensorRule.split(
            "model.layers.{layer}." + prefix + "gate_up_proj" + end,
            List.of(count, feedForward.times(2), HIDDEN),
            new TensorRule.Output("blk.{layer}.ffn_gate_exps.weight", Transform.FIRST_HALF),
            new TensorRule.Output("blk.{layer}.ffn_up_exps.weight", Transform.SECOND_HALF)));
  }
}
