package dev.zonda.convert.rules;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.expression.Expression;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// The tensors of Mamba-2 layers, and the keys of their sizes.
///
/// @param inner features of the input of all heads
/// @param heads of them
/// @param groups of heads that share the vectors by which states are written and read
/// @param state features of these vectors
/// @param kernel tokens that sums take
public record StateSpaceTensors(
    Dimension inner, Dimension heads, Dimension groups, Dimension state, Dimension kernel) {

  /// What follows the sums over tokens has the function of feed-forward networks, and evaluations
  /// have one for them.
  public static final MetadataRule ACTIVATION = StateSpaceTensors::requireActivation;

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

  /// Wants heads to fill the features.
  ///
  /// @param field that may say how long heads are
  public void requireHeads(MetadataRule.Source source, String field) throws FormatException {
    long features = inner.of(source.sizes());
    long count = heads.of(source.sizes());
    JsonFields config = source.config().fields();
    Optional<JsonNode> said = config.get(field);
    boolean isMeant = source.isCorrected() && said.filter(JsonNode::isString).isPresent();
    OptionalLong length = isMeant ? OptionalLong.empty() : config.integer(field);
    if (features % count != 0 || length.orElse(features / count) != features / count) {
      throw config.problem(
          field,
          "is %s, expected %d features shared by %d heads evenly"
              .formatted(said.map(JsonNode::toString).orElse("missing"), features, count));
    }
  }

  private static void requireActivation(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "hidden_act";
    String name = source.config().text(field).orElse("silu");
    if (!name.equals("silu") && !(name.equals("swish") && source.isCorrected())) {
      throw source
          .config()
          .fields()
          .problem(
              field,
              "is '%s', which can neither be written nor evaluated; expected silu".formatted(name));
    }
  }

  private Expression column(Expression source, ModelSizes sizes) throws FormatException {
    return source.reshaped(heads.of(sizes), 1);
  }
}
