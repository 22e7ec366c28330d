package dev.zonda.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.render.Table.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void alignsWordsLeftAndNumbersRight() {
    Table table =
        Table.of(Column.left("name"), Column.right("size"), Column.left("type"))
            .row("a", "12.0 KiB", "F32")
            .row("much longer", "3 B", "Q4_K");
    assertEquals(
        List.of(
            "name             size  type",
            "a            12.0 KiB  F32",
            "much longer       3 B  Q4_K"),
        table.lines());
  }

  @Test
  void pairsHaveNoHeading() {
    assertEquals(
        List.of("a    1", "bcd  2"), Table.ofPairs().row("a", "1").row("bcd", "2").lines());
  }

  @Test
  void cellsAreSafeAndCountedAsShown() {
    assertEquals(
        List.of("\\u001b[1m  x", "é          y"),
        Table.ofPairs().row("\u001b[1m", "x").row("é", "y").lines());
  }

  private static final Table NARROW =
      Table.of(Column.left("tensor"), Column.left("type"), Column.right("size"), Column.left("why"))
          .row("blk.0.attn_q.weight", "Q4_K", "9.00 MiB", "large, and looked at often")
          .row("x", "F32", "1 B", "small");

  @Test
  void wordsAreBrokenWhereTheTerminalIsNarrow() {
    assertEquals(
        List.of(
            "tensor               type      size  why",
            "blk.0.attn_q.weight  Q4_K  9.00 MiB  large, and looked",
            "                                     at often",
            "x                    F32        1 B  small"),
        NARROW.lines(54));
    assertEquals(
        List.of(
            "tensor          type      size  why",
            "blk.0.attn_q.w  Q4_K  9.00 MiB  large, and",
            "eight                           looked at",
            "                                often",
            "x               F32        1 B  small"),
        NARROW.lines(46));
    for (int columns = 46; columns < 70; columns++) {
      int width = columns;
      NARROW.lines(columns).forEach(line -> assertTrue(line.length() <= width, line));
    }
  }

  @Test
  void cellsGetLinesOfTheirOwnWhereNothingElseHelps() {
    assertEquals(
        List.of(
            "blk.0.attn_q.weight",
            "  type  Q4_K",
            "  size  9.00 MiB",
            "  why   large, and looked at",
            "        often",
            "x",
            "  type  F32",
            "  size  1 B",
            "  why   small"),
        NARROW.lines(30));
  }

  @Test
  void lettersOfEastAsiaAreWideAndMarksTakeNoRoom() {
    assertEquals(
        List.of("\u4e00\u4e8c  x", "e\u0301     y"),
        Table.ofPairs().row("\u4e00\u4e8c", "x").row("e\u0301", "y").lines());
    assertEquals(
        List.of("\u4e00\u4e8c\u4e09", "\u56db"), TextWidth.wrapped("\u4e00\u4e8c\u4e09\u56db", 7));
  }

  @Test
  void rowsHaveACellPerColumn() {
    Table table = Table.ofPairs();
    assertThrows(IllegalArgumentException.class, () -> table.row("a"));
  }
}
