package dev.zonda.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

  @Test
  void rowsHaveACellPerColumn() {
    Table table = Table.ofPairs();
    assertThrows(IllegalArgumentException.class, () -> table.row("a"));
  }
}
