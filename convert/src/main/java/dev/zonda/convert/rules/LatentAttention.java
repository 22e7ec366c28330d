package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The tensors of latent attention, whose keys and values are made from a short vector per token,
/// under DeepSeek's names.
///
/// In GGUF the matrix that makes keys and values is split in two, with the keys' part transposed,
/// so that queries can be compared with the short vectors themselves: attention with one head of
/// keys and values.
public final class LatentAttention {
  private static final Dimension QUERY_RANK = Dimension.of("q_lora_rank");

  /// Features of the short vector that keys and values are made from.
  public static final Dimension RANK = Dimension.of("kv_lora_rank");

  /// Features of a head that depend on the position.
  public static final Dimension ROTATED = Dimension.of("qk_rope_head_dim");

  /// Features of a head of queries and keys that do not depend on it.
  public static final Dimension PLAIN = Dimension.of("qk_nope_head_dim");

  /// Features of a head of values.
  public static final Dimension VALUE = Dimension.of("v_head_dim");

  /// Of queries of all heads.
  public static final Dimension QUERIES = HEADS.times(PLAIN.plus(ROTATED));

  /// Where queries are made from a short vector, too: on all layers or none.
  public static final TensorRule.Layers QUERY_RANKED =
      (layer, sizes) -> sizes.config().optionalSize(List.of("q_lora_rank")).isPresent();

  private static final List<TensorRule> UNBIASED =
      List.of(
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN)
              .with(LatentAttention::queries)
              .on(TensorRule.Layers.allBut(QUERY_RANKED)),
          block("self_attn.q_a_layernorm.weight", "attn_q_a_norm.weight", QUERY_RANK)
              .on(QUERY_RANKED),
          block("self_attn.q_b_proj.weight", "attn_q_b.weight", QUERIES, QUERY_RANK)
              .with(LatentAttention::queries)
              .on(QUERY_RANKED),
          block("self_attn.kv_a_layernorm.weight", "attn_kv_a_norm.weight", RANK),
          TensorRule.split(
              "model.layers.{layer}.self_attn.kv_b_proj.weight",
              List.of(KEY_HEADS.times(PLAIN.plus(VALUE)), RANK),
              new TensorRule.Output("blk.{layer}.attn_k_b.weight", LatentAttention::keys),
              new TensorRule.Output("blk.{layer}.attn_v_b.weight", LatentAttention::values)));

  private static final List<TensorRule> BIASED =
      TensorRule.biased(
          Announcement.by("attention_bias", false),
          block("self_attn.q_a_proj.weight", "attn_q_a.weight", QUERY_RANK, HIDDEN)
              .on(QUERY_RANKED),
          block(
                  "self_attn.kv_a_proj_with_mqa.weight",
                  "attn_kv_a_mqa.weight",
                  RANK.plus(ROTATED),
                  HIDDEN)
              .with(LatentAttention::latent),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, HEADS.times(VALUE)));

  /// All of them.
  public static final List<TensorRule> TENSORS =
      Stream.concat(UNBIASED.stream(), BIASED.stream()).toList();

  private LatentAttention() {}

  /// Per head (rank, plain part).
  private static Expression keys(Expression source, ModelSizes sizes) throws FormatException {
    return new Transpose(part(source, sizes, 0, PLAIN.of(sizes)));
  }

  /// Per head (value, rank).
  private static Expression values(Expression source, ModelSizes sizes) throws FormatException {
    return part(source, sizes, PLAIN.of(sizes), VALUE.of(sizes));
  }

  private static Expression part(Expression source, ModelSizes sizes, long from, long rows)
      throws FormatException {
    int heads = sizes.keyValueHeads();
    long headRows = PLAIN.of(sizes) + VALUE.of(sizes);
    return new SelectRows(
        source,
        RowOrder.part(heads, headRows, from, rows),
        Shape.of(heads, rows, source.shape().rowLength()));
  }

  /// Whether values that turn together lie half a head apart. In published models they are
  /// neighbours, which is ggml's order.
  private static boolean areHalves(ModelSizes sizes) throws FormatException {
    return sizes.fidelity() == Fidelity.CORRECTED
        && !sizes.config().fields().bool("rope_interleave").orElse(true);
  }

  private static Expression queries(Expression source, ModelSizes sizes) throws FormatException {
    return rotatedLast(source, sizes, sizes.heads(), PLAIN.of(sizes));
  }

  private static Expression latent(Expression source, ModelSizes sizes) throws FormatException {
    return rotatedLast(source, sizes, 1, RANK.of(sizes));
  }

  /// Reorders the last rows of each part.
  private static Expression rotatedLast(Expression source, ModelSizes sizes, int parts, long before)
      throws FormatException {
    if (!areHalves(sizes)) {
      return source;
    }
    long rotated = ROTATED.of(sizes);
    List<Expression> rows = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      long from = part * (before + rotated);
      rows.add(SelectRows.of(source, new RowOrder(from, List.of(new RowOrder.Loop(before, 1)))));
      rows.add(
          SelectRows.of(
              source,
              new RowOrder(
                  from + before,
                  List.of(new RowOrder.Loop(rotated / 2, 1), new RowOrder.Loop(2, rotated / 2)))));
    }
    return JoinRows.concatenate(rows);
  }
}
