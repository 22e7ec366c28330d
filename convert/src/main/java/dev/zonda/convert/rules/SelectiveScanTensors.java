package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.formats.FormatException;
import java.util.List;

/// The tensors of Mamba's layers, and the keys of their sizes.
///
/// @param inner channels
/// @param state numbers that each channel keeps
/// @param rank features that steps of all channels are made of
/// @param kernel tokens that sums take
public record SelectiveScanTensors(
    Dimension inner, Dimension state, Dimension rank, Dimension kernel) {
  private static final int HIDDEN_PER_RANK = 16;

  /// Features of steps: a field, or if it says `auto` or nothing, a sixteenth of the width of the
  /// residual stream.
  public static Dimension rank(String field) {
    return new Dimension(field, sizes -> rank(sizes, field));
  }

  private static long rank(ModelSizes sizes, String field) throws FormatException {
    long usual = Math.ceilDiv(sizes.hidden(), HIDDEN_PER_RANK);
    boolean isAutomatic =
        sizes
            .config()
            .fields()
            .get(field)
            .filter(value -> value.isString() && value.stringValue().equals("auto"))
            .isPresent();
    return isAutomatic ? usual : sizes.config().optionalSize(List.of(field)).orElse(usual);
  }

  /// The tensors of each layer.
  ///
  /// @param layer what their names begin with
  /// @param matrixBias whether the matrices before and behind the scan have biases
  /// @param sumBias whether sums have
  public List<TensorRule> tensors(String layer, Announcement matrixBias, Announcement sumBias) {
    return List.of(
        TensorRule.of(
            layer + "in_proj.weight", "blk.{layer}.ssm_in.weight", inner.times(2), HIDDEN),
        TensorRule.of(layer + "in_proj.bias", "blk.{layer}.ssm_in.bias", inner.times(2))
            .optional()
            .announced(matrixBias),
        TensorRule.of(
                layer + "conv1d.weight",
                "blk.{layer}.ssm_conv1d.weight",
                inner,
                Dimension.ONE,
                kernel)
            .with(Transform.WITHOUT_ONES),
        TensorRule.of(layer + "conv1d.bias", "blk.{layer}.ssm_conv1d.bias", inner)
            .optional()
            .announced(sumBias),
        TensorRule.of(
            layer + "x_proj.weight", "blk.{layer}.ssm_x.weight", rank.plus(state.times(2)), inner),
        TensorRule.of(layer + "dt_proj.weight", "blk.{layer}.ssm_dt.weight", inner, rank),
        TensorRule.of(layer + "dt_proj.bias", "blk.{layer}.ssm_dt.bias", inner),
        TensorRule.of(layer + "A_log", "blk.{layer}.ssm_a", inner, state)
            .with(Transform.NEGATIVE_EXPONENTIAL),
        TensorRule.of(layer + "D", "blk.{layer}.ssm_d", inner),
        TensorRule.of(layer + "out_proj.weight", "blk.{layer}.ssm_out.weight", HIDDEN, inner),
        TensorRule.of(layer + "out_proj.bias", "blk.{layer}.ssm_out.bias", HIDDEN)
            .optional()
            .announced(matrixBias));
  }

  /// Norms of what steps, writing and reading are made of.
  public List<TensorRule> norms(String layer) {
    return List.of(
        TensorRule.of(layer + "dt_layernorm.weight", "blk.{layer}.ssm_dt_norm.weight", rank),
        TensorRule.of(layer + "b_layernorm.weight", "blk.{layer}.ssm_b_norm.weight", state),
        TensorRule.of(layer + "c_layernorm.weight", "blk.{layer}.ssm_c_norm.weight", state));
  }

  /// The keys of the sizes, in the order of llama.cpp's converters.
  public MetadataRule keys() {
    return MetadataRule.sequence(
        MetadataRule.computed("ssm.conv_kernel", kernel),
        MetadataRule.computed("ssm.inner_size", inner),
        MetadataRule.computed("ssm.state_size", state),
        MetadataRule.computed("ssm.time_step_rank", rank));
  }
}
