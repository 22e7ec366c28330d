package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import java.util.List;

/// Queries, keys and values of each head one after the other in one matrix, as GPT-NeoX and BLOOM
/// have them.
public final class FusedHeads {
  private FusedHeads() {}

  /// All queries, then all keys, then all values.
  public static Expression regroup(Expression source, ModelSizes sizes) {
    long head = sizes.headLength();
    return SelectRows.of(
        source,
        new RowOrder(
            0,
            List.of(
                new RowOrder.Loop(3, head),
                new RowOrder.Loop(sizes.heads(), 3 * head),
                new RowOrder.Loop(head, 1))));
  }
}
