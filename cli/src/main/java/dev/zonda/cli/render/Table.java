package dev.zonda.cli.render;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Rows of cells, aligned with spaces. Cells are made safe for terminals.
public final class Table {
  private static final String GAP = "  ";

  /// On which side of its column a cell stands.
  public enum Align {
    /// Words.
    LEFT,
    /// Numbers.
    RIGHT
  }

  /// A column and its heading; headings are not shown if all of them are empty.
  public record Column(String heading, Align align) {
    public static Column left(String heading) {
      return new Column(heading, Align.LEFT);
    }

    public static Column right(String heading) {
      return new Column(heading, Align.RIGHT);
    }
  }

  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();

  private Table(List<Column> columns) {
    this.columns = columns;
  }

  public static Table of(Column... columns) {
    return new Table(List.of(columns));
  }

  /// A table of labels and values, without headings.
  public static Table ofPairs() {
    return of(Column.left(""), Column.left(""));
  }

  /// @throws IllegalArgumentException if there is not one cell per column
  public Table row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(cells.length + " cells, " + columns.size() + " columns");
    }
    rows.add(IntStream.range(0, cells.length).mapToObj(i -> SafeText.line(cells[i])).toList());
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /// The table's lines, without spaces at their ends.
  public List<String> lines() {
    List<List<String>> all = new ArrayList<>();
    if (columns.stream().anyMatch(column -> !column.heading().isEmpty())) {
      all.add(columns.stream().map(Column::heading).toList());
    }
    all.addAll(rows);
    int[] widths =
        IntStream.range(0, columns.size())
            .map(i -> all.stream().mapToInt(row -> width(row.get(i))).max().orElse(0))
            .toArray();
    return all.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String padding = " ".repeat(widths[i] - width(row.get(i)));
      line.append(i == 0 ? "" : GAP);
      if (columns.get(i).align() == Align.RIGHT) {
        line.append(padding).append(row.get(i));
      } else {
        line.append(row.get(i)).append(padding);
      }
    }
    return line.toString().stripTrailing();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
