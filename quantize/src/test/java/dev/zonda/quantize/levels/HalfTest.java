package dev.zonda.quantize.levels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HalfTest {
  @Test
  void everyHalfComesBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = Float.float16ToFloat((short) bits);
      int expected = Float.isNaN(value) ? (bits & 0x8000) | 0x7e00 : bits;
      assertEquals(expected, Half.of(value) & 0xffff);
    }
  }

  @Test
  void nansLoseTheirPayloadAndKeepTheirSign() {
    assertEquals(0x7e00, Half.of(Float.intBitsToFloat(0x7f812345)) & 0xffff);
    assertEquals(0xfe00, Half.of(Float.intBitsToFloat(0xffffffff)) & 0xffff);
  }

  @Test
  void roundsToNearestEvenAndOverflowsToInfinity() {
    assertEquals(0x3c00, Half.of(1 + 0x1p-11f));
    assertEquals(0x3c02, Half.of(1 + 3 * 0x1p-11f));
    assertEquals(0x7bff, Half.of(65519));
    assertEquals(0x7c00, Half.of(65520));
    assertEquals(0, Half.of(0x1p-25f));
    assertEquals(1, Half.of(Math.nextUp(0x1p-25f)));
  }

  @Test
  void putReturnsWhatGetReads() {
    byte[] bytes = new byte[5];
    float kept = Half.put(bytes, 3, 0.1f);
    assertEquals(kept, Half.get(bytes, 3));
    assertEquals(Float.float16ToFloat(Float.floatToFloat16(0.1f)), kept);
  }
}
