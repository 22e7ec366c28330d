package dev.zonda.quantize.levels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundingTest {
  @ParameterizedTest
  @CsvSource({"0.5, 0", "1.5, 2", "2.5, 2", "-0.5, 0", "-1.5, -2", "3.7, 4", "-3.2, -3"})
  void nearestRoundsHalvesToEven(float value, int expected) {
    assertEquals(expected, Rounding.nearest(value));
  }

  @ParameterizedTest
  @CsvSource({"0.5, 1", "1.5, 2", "2.5, 3", "-0.5, -1", "-2.5, -3", "0.49999997, 0", "127.4, 127"})
  void halfAwayRoundsHalvesAwayFromZero(float value, int expected) {
    assertEquals(expected, Rounding.halfAway(value));
  }

  @Test
  void whatDoesNotFitIsTheSmallestInteger() {
    for (float value :
        new float[] {
          Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0x1p31f, -3e9f, 1e30f
        }) {
      assertEquals(Integer.MIN_VALUE, Rounding.truncate(value));
      assertEquals(Integer.MIN_VALUE, Rounding.halfAway(value));
    }
    assertEquals(0x7fffff80, Rounding.truncate(Math.nextDown(0x1p31f)));
    assertEquals(-1, Rounding.truncate(-1.99f));
  }

  /// The reference takes the mantissa without a look at the exponent.
  @Test
  void nearestWrapsBeyondTwentyTwoBits() {
    assertEquals(0, Rounding.nearest(0x1p23f) & 0xff);
    assertEquals(-0x400000, Rounding.nearest(Float.POSITIVE_INFINITY));
  }
}
