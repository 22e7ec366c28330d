package dev.zonda.quantize.imatrix;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// Columns of a matrix whose weights are 0, because only zeros met them in the text that was
/// measured. Quantizers keep nothing of them: groups of such columns become zeros.
///
/// @param tensor its name
/// @param expert which of the tensor's matrices, from 0, where there are several
/// @param columns how many the matrix has
/// @param zeros the columns without weight, ascending
public record ZeroColumns(String tensor, OptionalInt expert, int columns, List<Run> zeros) {
  /// How many runs the text form names.
  private static final int NAMED = 4;

  /// Neighbouring columns, both ends included.
  public record Run(int first, int last) {
    @Override
    public String toString() {
      return first == last ? Integer.toString(first) : first + " to " + last;
    }
  }

  public ZeroColumns {
    zeros = List.copyOf(zeros);
  }

  /// Finds them among the weights of all columns.
  ///
  /// @param from index of the first column's weight
  public static Optional<ZeroColumns> find(
      String tensor, OptionalInt expert, float[] weights, int from, int columns) {
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      if (weights[from + i] == 0) {
        int first = i;
        while (i + 1 < columns && weights[from + i + 1] == 0) {
          i++;
        }
        runs.add(new Run(first, i));
      }
    }
    return runs.isEmpty()
        ? Optional.empty()
        : Optional.of(new ZeroColumns(tensor, expert, columns, runs));
  }

  /// How many columns have no weight.
  public int count() {
    return zeros.stream().mapToInt(run -> run.last() - run.first() + 1).sum();
  }

  /// Tensor and columns, for people.
  @Override
  public String toString() {
    String matrix =
        "'%s'%s".formatted(tensor, expert.isPresent() ? ", expert " + expert.getAsInt() : "");
    if (count() == columns) {
      return "%s: all %d columns".formatted(matrix, columns);
    }
    String named = zeros.stream().limit(NAMED).map(Run::toString).collect(Collectors.joining(", "));
    return "%s: %s %s%s of %d"
        .formatted(
            matrix,
            count() == 1 ? "column" : "columns",
            named,
            zeros.size() > NAMED ? ", …, %d in all,".formatted(count()) : "",
            columns);
  }
}
