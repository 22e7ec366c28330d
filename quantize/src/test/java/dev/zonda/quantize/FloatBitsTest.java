package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codecs;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The bits must say what the values say.
class FloatBitsTest {
  @ParameterizedTest
  @EnumSource
  void agreesOnAllValuesOf16Bits(RowCheck check) {
    for (TensorType type : new TensorType[] {TensorType.F16, TensorType.BF16}) {
      FloatBits bits = FloatBits.of(type, check).orElseThrow();
      for (int value = 0; value < 1 << 16; value++) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[] {(byte) value, (byte) (value >> 8)});
        assertAgrees(check, bits, type, bytes, 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void agreesOnFloatsAroundTheLimit(RowCheck check) {
    FloatBits bits = FloatBits.of(TensorType.F32, check).orElseThrow();
    for (int value = check.limit() - 3; value < check.limit() + 3; value++) {
      for (int signed : new int[] {value, value | Integer.MIN_VALUE, 0, -1}) {
        assertAgrees(check, bits, TensorType.F32, MemorySegment.ofArray(new int[] {signed}), 1);
      }
    }
  }

  @Test
  void findsOneAmongManyWhereverItIs() {
    byte[] bytes = new byte[2 * 53];
    new Random(7).nextBytes(bytes);
    for (int i = 0; i < 53; i++) {
      bytes[2 * i + 1] &= 0x3f; // all well below infinity
    }
    FloatBits bits = FloatBits.of(TensorType.BF16, RowCheck.FINITE).orElseThrow();
    assertFalse(bits.isIn(MemorySegment.ofArray(bytes)));
    for (int i = 0; i < 53; i++) {
      byte[] changed = bytes.clone();
      changed[2 * i] = (byte) 0x80;
      changed[2 * i + 1] = (byte) 0xff;
      for (int end = 1; end <= 53; end++) {
        assertEquals(i < end, bits.isIn(MemorySegment.ofArray(changed).asSlice(0, 2L * end)));
      }
    }
  }

  @Test
  void knowsPlainFloatsOnly() {
    assertTrue(FloatBits.of(TensorType.Q8_0, RowCheck.FINITE).isEmpty());
    assertTrue(FloatBits.of(TensorType.I32, RowCheck.FINITE).isEmpty());
  }

  private static void assertAgrees(
      RowCheck check, FloatBits bits, TensorType type, MemorySegment bytes, int count) {
    float[] values = new float[count];
    Codecs.of(type).orElseThrow().dequantize(bytes, 0, values, 0, count);
    assertEquals(
        check.isViolated(values, count), bits.isIn(bytes), () -> check + " of " + values[0]);
  }
}
