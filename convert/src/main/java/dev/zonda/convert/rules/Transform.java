package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.NegativeExponential;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.Shift;
import dev.zonda.convert.expression.Transpose;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.util.stream.IntStream;

/// What is done to the values of a tensor whose shape has been checked.
@FunctionalInterface
public interface Transform {
  Expression apply(Expression source, ModelSizes sizes) throws FormatException;

  /// As they are.
  Transform NONE = (source, sizes) -> source;

  /// From Hugging Face's order of rotated values to ggml's, in every query head, unless they have
  /// that already.
  Transform PERMUTE_QUERIES = (source, sizes) -> permute(source, sizes.heads(), sizes.rotary());

  /// The same in every key head.
  Transform PERMUTE_KEYS =
      (source, sizes) -> permute(source, sizes.keyValueHeads(), sizes.rotary());

  /// Rows become columns.
  Transform TRANSPOSE = (source, sizes) -> new Transpose(source);

  /// Norms that are stored as their difference from one.
  Transform PLUS_ONE = (source, sizes) -> new Shift(source, 1);

  /// The rates at which states fade, which are stored as their logarithms.
  Transform NEGATIVE_EXPONENTIAL = (source, sizes) -> new NegativeExponential(source);

  /// Without dimensions of one: sums over tokens are stored as matrices of one row per feature.
  Transform WITHOUT_ONES = (source, sizes) -> withoutOnes(source);

  /// The first half of the rows of a matrix, or of each matrix of a stack.
  Transform FIRST_HALF = (source, sizes) -> half(source, 0);

  /// The second half.
  Transform SECOND_HALF = (source, sizes) -> half(source, 1);

  /// The first half of the rows of a matrix.
  Transform FIRST_ROWS = (source, sizes) -> rows(source, 0);

  /// The second half.
  Transform LAST_ROWS = (source, sizes) -> rows(source, 1);

  private static Expression withoutOnes(Expression source) {
    Shape shape = source.shape();
    long[] dimensions =
        IntStream.range(0, shape.rank())
            .mapToLong(shape::dimension)
            .filter(length -> length != 1)
            .toArray();
    return source.reshaped(dimensions.length == 0 ? new long[] {1} : dimensions);
  }

  private static Expression rows(Expression source, int index) {
    long count = source.shape().dimension(0) / 2;
    return SelectRows.of(source, RowOrder.part(1, 2 * count, index * count, count));
  }

  private static Expression half(Expression source, int index) {
    Shape shape = source.shape();
    boolean isStack = shape.rank() == 3;
    long matrices = isStack ? shape.dimension(0) : 1;
    long rows = shape.dimension(isStack ? 1 : 0) / 2;
    return new SelectRows(
        source,
        RowOrder.part(matrices, 2 * rows, index * rows, rows),
        isStack ? Shape.of(matrices, rows, shape.rowLength()) : Shape.of(rows, shape.rowLength()));
  }

  private static Expression permute(Expression source, int heads, RotaryOrder order) {
    if (order == RotaryOrder.PAIRS) {
      return source;
    }
    return SelectRows.of(source, RowOrder.rotaryPairs(source.shape().dimension(0), heads));
  }
}
