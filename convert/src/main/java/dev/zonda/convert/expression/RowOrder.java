package dev.zonda.convert.expression;

import java.util.List;

/// Which rows of a tensor, in which order: nested loops over them, the outermost first. Row `(i, j,
/// …)` is the source's row `offset + i * stride(0) + j * stride(1) + …`.
///
/// @param offset the source's row that comes first
/// @param loops at least one
public record RowOrder(long offset, List<Loop> loops) {
  /// @param count turns of the loop, at least 1
  /// @param stride rows of the source from one turn to the next
  public record Loop(long count, long stride) {
    public Loop {
      if (count < 1 || stride < 0) {
        throw new IllegalArgumentException("loop of " + count + " turns with stride " + stride);
      }
    }
  }

  public RowOrder {
    loops = List.copyOf(loops);
    if (offset < 0 || loops.isEmpty()) {
      throw new IllegalArgumentException("no rows from row " + offset);
    }
  }

  /// From Hugging Face's order of a head's values, where the two that rotary embedding turns
  /// together lie half a head apart, to ggml's, where they are neighbours.
  ///
  /// @param rows of all heads, an even number each
  public static RowOrder rotaryPairs(long rows, long heads) {
    if (heads <= 0 || rows % (2 * heads) != 0) {
      throw new IllegalArgumentException(
          rows + " rows are not " + heads + " heads of an even number of them");
    }
    long half = rows / heads / 2;
    return new RowOrder(
        0, List.of(new Loop(heads, 2 * half), new Loop(half, 1), new Loop(2, half)));
  }

  /// The same part of each of several groups.
  ///
  /// @param groups number of groups
  /// @param groupRows rows of a group in the source
  /// @param from first row of the part in its group
  /// @param rows of the part
  public static RowOrder part(long groups, long groupRows, long from, long rows) {
    if (from + rows > groupRows) {
      throw new IllegalArgumentException(
          "rows %d to %d of groups of %d".formatted(from, from + rows, groupRows));
    }
    return new RowOrder(from, List.of(new Loop(groups, groupRows), new Loop(rows, 1)));
  }

  /// The first rows.
  public static RowOrder first(long rows) {
    return new RowOrder(0, List.of(new Loop(rows, 1)));
  }

  /// Number of rows.
  long rows() {
    return loops.stream().mapToLong(Loop::count).reduce(1, Math::multiplyExact);
  }

  /// The source's row that stands last.
  long last() {
    long last = offset;
    for (Loop loop : loops) {
      last = Math.addExact(last, Math.multiplyExact(loop.count() - 1, loop.stride()));
    }
    return last;
  }

  /// The source's row for one of these.
  long source(long row) {
    long source = offset;
    long rest = row;
    for (Loop loop : loops.reversed()) {
      source += rest % loop.count() * loop.stride();
      rest /= loop.count();
    }
    return source;
  }

  /// How many rows from this one on lie one after another in the source; at least 1.
  long run(long row) {
    Loop inner = loops.getLast();
    return inner.stride() == 1 ? inner.count() - row % inner.count() : 1;
  }
}
