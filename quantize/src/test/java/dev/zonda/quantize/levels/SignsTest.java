package dev.zonda.quantize.levels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SignsTest {
  /// Some of ggml's `ksigns_iq2xs`: 0, 129, 130, 3, 132 … 126, 255.
  @Test
  void theEighthSignMakesTheirNumberEven() {
    assertEquals(0, Signs.even(0));
    assertEquals(129, Signs.even(1));
    assertEquals(130, Signs.even(2));
    assertEquals(3, Signs.even(3));
    assertEquals(126, Signs.even(126));
    assertEquals(255, Signs.even(127));
    for (int stored = 0; stored < 128; stored++) {
      assertTrue(Signs.isEven(Signs.even(stored)));
      assertEquals(stored, Signs.stored(Signs.even(stored)));
    }
  }

  @Test
  void factorsFollowTheBits() {
    for (int signs = 0; signs <= Signs.ALL; signs++) {
      for (int i = 0; i < 8; i++) {
        float expected = (signs >> i & 1) == 1 ? -1 : 1;
        assertEquals(expected, Signs.factorOf(Signs.factor(signs) + i));
      }
    }
  }
}
