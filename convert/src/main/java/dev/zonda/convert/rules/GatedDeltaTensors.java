package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.util.List;

/// The tensors of layers that follow the gated delta rule, under Qwen's names.
public final class GatedDeltaTensors {
  public static final Dimension KEY_HEADS = Dimension.of("linear_num_key_heads");
  public static final Dimension HEADS = Dimension.of("linear_num_value_heads");
  private static final Dimension KEY = Dimension.of("linear_key_head_dim");
  private static final Dimension VALUE = Dimension.of("linear_value_head_dim");
  private static final Dimension KEYS = KEY_HEADS.times(KEY);

  /// Of the values of all heads.
  public static final Dimension VALUES = HEADS.times(VALUE);

  private static final Dimension MIXED = KEYS.times(2).plus(VALUES);
  private static final Dimension KERNEL = Dimension.of("linear_conv_kernel_dim");

  /// Where queries, keys, values and gates are one matrix, and strengths and decays another: those
  /// of one head of keys after those of the other.
  public static final List<TensorRule> JOINED =
      List.of(
          TensorRule.split(
              "model.layers.{layer}.linear_attn.in_proj_qkvz.weight",
              List.of(MIXED.plus(VALUES), HIDDEN),
              new TensorRule.Output(
                  "blk.{layer}.attn_qkv.weight", GatedDeltaTensors::queriesKeysValues),
              new TensorRule.Output("blk.{layer}.attn_gate.weight", GatedDeltaTensors::gates)),
          block("linear_attn.in_proj_ba.weight", "ssm_ba.weight", HEADS.times(2), HIDDEN),
          block("linear_attn.conv1d.weight", "ssm_conv1d.weight", MIXED, Dimension.ONE, KERNEL)
              .with(Transform.WITHOUT_ONES),
          block("linear_attn.dt_bias", "ssm_dt.bias", HEADS),
          block("linear_attn.A_log", "ssm_a", HEADS).with(Transform.NEGATIVE_EXPONENTIAL),
          block("linear_attn.norm.weight", "ssm_norm.weight", VALUE),
          block("linear_attn.out_proj.weight", "ssm_out.weight", HIDDEN, VALUES));

  /// Where they are matrices of their own. In the file heads of values that share one of keys are
  /// as far apart as there are heads of keys, so that a repetition of all keys stands for each.
  public static final List<TensorRule> APART =
      List.of(
          block("linear_attn.in_proj_qkv.weight", "attn_qkv.weight", MIXED, HIDDEN)
              .with(GatedDeltaTensors::valuesInTiles),
          block("linear_attn.in_proj_z.weight", "attn_gate.weight", VALUES, HIDDEN)
              .with((source, sizes) -> tiles(source, sizes, 0, VALUE.of(sizes))),
          block("linear_attn.in_proj_b.weight", "ssm_beta.weight", HEADS, HIDDEN)
              .with((source, sizes) -> tiles(source, sizes, 0, 1)),
          block("linear_attn.in_proj_a.weight", "ssm_alpha.weight", HEADS, HIDDEN)
              .with((source, sizes) -> tiles(source, sizes, 0, 1)),
          block("linear_attn.conv1d.weight", "ssm_conv1d.weight", MIXED, Dimension.ONE, KERNEL)
              .with((source, sizes) ->
                  valuesInTiles(Transform.WITHOUT_ONES.apply(source, sizes), sizes)),
          block("linear_attn.dt_bias", "ssm_dt.bias", HEADS)
              .with(GatedDeltaTensors::numbersInTiles),
          block("linear_attn.A_log", "ssm_a", HEADS)
              .with((source, sizes) ->
                  numbersInTiles(Transform.NEGATIVE_EXPONENTIAL.apply(source, sizes), sizes)),
          block("linear_attn.norm.weight", "ssm_norm.weight", VALUE),
          block("linear_attn.out_proj.weight", "ssm_out.weight", HIDDEN, VALUES)
              .with(GatedDeltaTensors::columnsInTiles));

  private GatedDeltaTensors() {}

  private static Expression queriesKeysValues(Expression source, ModelSizes sizes)
      throws FormatException {
    long key = KEY.of(sizes);
    long values = VALUES.of(sizes) / KEY_HEADS.of(sizes);
    return JoinRows.concatenate(
        List.of(
            part(source, sizes, 0, key),
            part(source, sizes, key, key),
            part(source, sizes, 2 * key, values)));
  }

  private static Expression gates(Expression source, ModelSizes sizes) throws FormatException {
    long values = VALUES.of(sizes) / KEY_HEADS.of(sizes);
    return part(source, sizes, 2 * KEY.of(sizes) + values, values);
  }

  /// Some rows of each head of keys.
  private static Expression part(Expression source, ModelSizes sizes, long from, long rows)
      throws FormatException {
    long heads = KEY_HEADS.of(sizes);
    return SelectRows.of(
        source, RowOrder.part(heads, source.shape().dimension(0) / heads, from, rows));
  }

  private static Expression valuesInTiles(Expression source, ModelSizes sizes)
      throws FormatException {
    long keys = 2 * KEYS.of(sizes);
    return JoinRows.concatenate(
        List.of(
            SelectRows.of(source, RowOrder.first(keys)),
            tiles(source, sizes, keys, VALUE.of(sizes))));
  }

  private static Expression numbersInTiles(Expression source, ModelSizes sizes)
      throws FormatException {
    long heads = HEADS.of(sizes);
    return tiles(source.reshaped(heads, 1), sizes, 0, 1).reshaped(heads);
  }

  /// The same for columns: each row is seen as a row per head.
  private static Expression columnsInTiles(Expression source, ModelSizes sizes)
      throws FormatException {
    Shape shape = source.shape();
    long heads = HEADS.of(sizes);
    long keyHeads = KEY_HEADS.of(sizes);
    long shared = heads / keyHeads;
    RowOrder order =
        new RowOrder(
            0,
            List.of(
                new RowOrder.Loop(shape.dimension(0), heads),
                new RowOrder.Loop(shared, 1),
                new RowOrder.Loop(keyHeads, shared)));
    long value = shape.rowLength() / heads;
    return SelectRows.of(source.reshaped(shape.dimension(0) * heads, value), order)
        .reshaped(shape.dimension(0), shape.rowLength());
  }

  /// The first head of values of each head of keys, then the second of each, and so on.
  ///
  /// @param from row of the first head
  /// @param length rows of a head
  private static Expression tiles(Expression source, ModelSizes sizes, long from, long length)
      throws FormatException {
    long keyHeads = KEY_HEADS.of(sizes);
    long shared = HEADS.of(sizes) / keyHeads;
    return SelectRows.of(
        source,
        new RowOrder(
            from,
            List.of(
                new RowOrder.Loop(shared, length),
                new RowOrder.Loop(keyHeads, shared * length),
                new RowOrder.Loop(length, 1))));
  }
}
