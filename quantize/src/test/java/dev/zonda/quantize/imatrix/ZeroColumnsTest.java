package dev.zonda.quantize.imatrix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ZeroColumnsTest {
  private static Optional<ZeroColumns> find(float... weights) {
    return ZeroColumns.find("t.weight", OptionalInt.empty(), weights, 0, weights.length);
  }

  private static String text(float... weights) {
    return find(weights).orElseThrow().toString();
  }

  @Test
  void namesTensorAndColumns() {
    assertEquals(Optional.empty(), find(1, 0.5f, Float.MIN_VALUE));
    assertEquals("'t.weight': column 1 of 3", text(1, 0, 1));
    assertEquals("'t.weight': columns 0 to 2 of 4", text(0, -0f, 0, 1));
    assertEquals("'t.weight': columns 0, 2 to 3 of 4", text(0, 1, 0, 0));
    assertEquals("'t.weight': all 2 columns", text(0, 0));
    assertEquals(
        "'t.weight': columns 0, 2, 4, 6, …, 5 in all, of 10", text(0, 1, 0, 1, 0, 1, 0, 1, 0, 1));
  }

  @Test
  void looksAtOneMatrixOnly() {
    float[] weights = {0, 0, 1, 1, 0, 1};
    assertEquals(
        List.of(
            Optional.of("'e': all 2 columns"), Optional.empty(), Optional.of("'e': column 0 of 2")),
        List.of(
            ZeroColumns.find("e", OptionalInt.empty(), weights, 0, 2).map(ZeroColumns::toString),
            ZeroColumns.find("e", OptionalInt.empty(), weights, 2, 2).map(ZeroColumns::toString),
            ZeroColumns.find("e", OptionalInt.empty(), weights, 4, 2).map(ZeroColumns::toString)));
    assertEquals(
        "'e', expert 7: column 0 of 2",
        ZeroColumns.find("e", OptionalInt.of(7), weights, 4, 2).orElseThrow().toString());
  }

  /// Experts without data are another matter: all their columns count alike.
  @Test
  void expertsWithoutDataHaveNoZeroColumns() {
    ActivationSums.Entry entry =
        new ActivationSums.Entry(new float[] {0, 0, 3, 0, 1, 1}, new long[] {0, 5, 5});
    assertEquals(
        List.of("'e', expert 1: column 1 of 2"),
        entry.zeroColumns("e").stream().map(ZeroColumns::toString).toList());
  }
}
