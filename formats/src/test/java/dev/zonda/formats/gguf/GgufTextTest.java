package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTextTest {
  @Test
  void validTextIsUtf8() {
    String text = "▁Größe 🦊 \uFFFD";
    assertArrayEquals(text.getBytes(StandardCharsets.UTF_8), GgufText.encode(text));
    assertEquals(text, decode(GgufText.encode(text)));
  }

  @Test
  void strayBytesBecomeEscapes() {
    assertEquals("a\uDCFF\uDC80b", decode(HexFormat.of().parseHex("61ff8062")));
  }

  /// Cut and overlong sequences, encoded surrogates, values beyond Unicode, and a replacement
  /// character beside a stray byte.
  @ParameterizedTest
  @ValueSource(
      strings = {"e282", "f09fa6", "c080", "eda080edb080", "f4908080", "efbfbdff", "e2e282ac"})
  void anyBytesSurvive(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertArrayEquals(bytes, GgufText.encode(decode(bytes)));
  }

  @Test
  void randomBytesSurvive() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      assertArrayEquals(bytes, GgufText.encode(decode(bytes)));
    }
  }

  @Test
  void otherUnpairedSurrogatesCannotBeWritten() {
    assertThrows(IllegalArgumentException.class, () -> GgufText.encode("\uD800"));
    assertThrows(IllegalArgumentException.class, () -> GgufText.encode("\uDC7F"));
  }

  private static String decode(byte[] bytes) {
    return GgufText.decode(bytes, 0, bytes.length);
  }
}
