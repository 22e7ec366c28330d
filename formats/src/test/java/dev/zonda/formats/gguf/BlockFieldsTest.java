package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockFieldsTest {
  @ParameterizedTest
  @EnumSource
  void fieldsLieWithinTheBlockAndDoNotOverlap(TensorType type) {
    int end = 0;
    for (BlockFields field : BlockFields.of(type).orElse(List.of())) {
      assertTrue(field.first() >= end);
      end = field.first() + field.width() * field.count();
      assertTrue(end <= type.blockBytes());
    }
  }

  @ParameterizedTest
  @EnumSource
  void swappingTwiceChangesNothing(TensorType type) {
    if (BlockFields.of(type).isEmpty()) {
      return;
    }
    byte[] bytes = new byte[3 * type.blockBytes()];
    new Random(5).nextBytes(bytes);
    assertArrayEquals(bytes, swapped(type, swapped(type, bytes)));
  }

  @Test
  void scaleOfQ4KIsSwappedAndTheRestIsNot() {
    byte[] block = new byte[TensorType.Q4_K.blockBytes()];
    for (int i = 0; i < block.length; i++) {
      block[i] = (byte) i;
    }
    byte[] expected = block.clone();
    expected[0] = 1;
    expected[1] = 0;
    expected[2] = 3;
    expected[3] = 2;
    assertArrayEquals(expected, swapped(TensorType.Q4_K, block));
  }

  private static byte[] swapped(TensorType type, byte[] bytes) {
    byte[] result = Arrays.copyOf(bytes, bytes.length);
    BlockFields.copySwapped(
        type, MemorySegment.ofArray(bytes).asReadOnly(), MemorySegment.ofArray(result));
    return result;
  }
}
