package dev.zonda.cli.render;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Rows of cells, aligned with spaces. Cells are made safe for terminals.
public final class Table {
  private static final String GAP = "  ";

  /// Narrower columns of words are hard to read.
  private static final int LEAST_WIDTH = 14;

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

  /// The table's lines, however long.
  public List<String> lines() {
    return lines(Integer.MAX_VALUE);
  }

  /// The table's lines, without spaces at their ends. Where they would be too long, words are
  /// broken into several lines; where that does not suffice, each cell gets a line of its own.
  ///
  /// @param columns of the terminal
  public List<String> lines(int columns) {
    List<List<String>> all = new ArrayList<>();
    if (this.columns.stream().anyMatch(column -> !column.heading().isEmpty())) {
      all.add(this.columns.stream().map(Column::heading).toList());
    }
    all.addAll(rows);
    int[] widths =
        IntStream.range(0, this.columns.size())
            .map(i -> all.stream().mapToInt(row -> TextWidth.of(row.get(i))).max().orElse(0))
            .toArray();
    long room = columns - (long) GAP.length() * (widths.length - 1);
    shrink(widths, room);
    return IntStream.of(widths).asLongStream().sum() <= room
        ? all.stream().flatMap(row -> aligned(row, widths).stream()).toList()
        : stacked(columns);
  }

  /// Takes room from the widest columns of words: as much as leaves their words whole, then as much
  /// as leaves them readable.
  private void shrink(int[] widths, long room) {
    int[] words =
        IntStream.range(0, widths.length).map(i -> Math.max(LEAST_WIDTH, longestWord(i))).toArray();
    shrink(widths, room, words);
    Arrays.fill(words, LEAST_WIDTH);
    shrink(widths, room, words);
  }

  private void shrink(int[] widths, long room, int[] least) {
    long excess = IntStream.of(widths).asLongStream().sum() - room;
    for (; excess > 0; excess--) {
      int widest = -1;
      for (int i = 0; i < widths.length; i++) {
        boolean canShrink = columns.get(i).align() == Align.LEFT && widths[i] > least[i];
        if (canShrink && (widest < 0 || widths[i] > widths[widest])) {
          widest = i;
        }
      }
      if (widest < 0) {
        return;
      }
      widths[widest]--;
    }
  }

  private int longestWord(int column) {
    return rows.stream()
        .flatMap(row -> Arrays.stream(row.get(column).split(" ", -1)))
        .mapToInt(TextWidth::of)
        .max()
        .orElse(0);
  }

  /// A row, in more than one line where a cell is wider than its column.
  private List<String> aligned(List<String> row, int[] widths) {
    List<List<String>> cells = new ArrayList<>();
    for (int i = 0; i < widths.length; i++) {
      cells.add(TextWidth.wrapped(row.get(i), Math.max(2, widths[i])));
    }
    int height = cells.stream().mapToInt(List::size).max().orElse(0);
    List<String> lines = new ArrayList<>(height);
    for (int line = 0; line < height; line++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        List<String> cell = cells.get(i);
        String part = line < cell.size() ? cell.get(line) : "";
        String padding = " ".repeat(Math.max(0, widths[i] - TextWidth.of(part)));
        text.append(i == 0 ? "" : GAP);
        text.append(columns.get(i).align() == Align.RIGHT ? padding + part : part + padding);
      }
      lines.add(text.toString().stripTrailing());
    }
    return lines;
  }

  /// A line for each cell: a row's first, and the others below it with their headings.
  private List<String> stacked(int width) {
    List<String> lines = new ArrayList<>();
    int headings =
        columns.stream().skip(1).mapToInt(column -> TextWidth.of(column.heading())).max().orElse(0);
    String indent = GAP + " ".repeat(headings) + GAP;
    int room = Math.max(LEAST_WIDTH, width - indent.length());
    for (List<String> row : rows) {
      lines.addAll(TextWidth.wrapped(row.getFirst(), Math.max(2, width)));
      for (int i = 1; i < columns.size(); i++) {
        String heading = columns.get(i).heading();
        String label = GAP + heading + " ".repeat(headings - TextWidth.of(heading)) + GAP;
        for (String part : TextWidth.wrapped(row.get(i), room)) {
          lines.add((label + part).stripTrailing());
          label = indent;
        }
      }
    }
    return lines;
  }
}
