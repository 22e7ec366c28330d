package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Expression;
import dev.zonda.formats.FormatException;
import java.util.List;

/// The tensors of Mamba-2 layers, and the keys of their sizes.
///
/// @param inner features of the input of all heads
/// @param heads of them
/// @param groups of heads that share the vectors by which states are written and read
/// @param state features of these vectors
/// @param kernel tokens that sums take
public record StateSpaceTensors(
    Dimension inner, Dimension heads, Dimension groups, Dimension state, Dimension kernel) {

  /// The tensors of each layer.
  ///
  /// @param layer what their names begin with
  /// @param inputBias whether matrices have biases
  /// @param sumBias whether sums have
  public List<TensorRule> tensors(String layer, Announcement inputBias, Announcement sumBias) {
    Dimension mixed = inner.plus(groups.times(state).times(2));
    return List.of(
        TensorRule.of(
            layer + "in_proj.weight",
            "blk.{layer}.ssm_in.weight",
            inner.plus(mixed).plus(heads),
            Dimension.HIDDEN),
        TensorRule.of(
                layer + "in_proj.bias", "blk.{layer}.ssm_in.bias", inner.plus(mixed).plus(heads))
            .announced(inputBias),
        TensorRule.of(
                layer + "conv1d.weight",
                "blk.{layer}.ssm_conv1d.weight",
                mixed,
                Dimension.ONE,
                kernel)
            .with(Transform.WITHOUT_ONES),
        TensorRule.of(layer + "conv1d.bias", "blk.{layer}.ssm_conv1d.bias", mixed)
            .announced(sumBias),
        TensorRule.of(layer + "dt_bias", "blk.{layer}.ssm_dt.bias", heads),
        TensorRule.of(layer + "A_log", "blk.{layer}.ssm_a", heads)
            .with((source, sizes) ->
                column(Transform.NEGATIVE_EXPONENTIAL.apply(source, sizes), sizes)),
        TensorRule.of(layer + "D", "blk.{layer}.ssm_d", heads).with(this::column),
        TensorRule.of(
            layer + "out_proj.weight", "blk.{layer}.ssm_out.weight", Dimension.HIDDEN, inner),
        TensorRule.of(layer + "out_proj.bias", "blk.{layer}.ssm_out.bias", Dimension.HIDDEN)
            .announced(inputBias));
  }

  /// The norm of what heads read, by groups.
  public TensorRule norm(String layer) {
    return TensorRule.of(layer + "norm.weight", "blk.{layer}.ssm_norm.weight", inner)
        .with((source, sizes) ->
            source.reshaped(groups.of(sizes), inner.of(sizes) / groups.of(sizes)));
  }

  /// The keys of the sizes, in the order of llama.cpp's converter for Mamba.
  public MetadataRule keys() {
    return MetadataRule.sequence(
        MetadataRule.computed("ssm.conv_kernel", kernel),
        MetadataRule.computed("ssm.inner_size", inner),
        MetadataRule.computed("ssm.state_size", state),
        MetadataRule.computed("ssm.time_step_rank", heads),
        MetadataRule.computed("ssm.group_count", groups));
  }

  private Expression column(Expression source, ModelSizes sizes) throws FormatException {
    return source.reshaped(heads.of(sizes), 1);
  }
}
