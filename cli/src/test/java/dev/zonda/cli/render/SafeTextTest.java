package dev.zonda.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class SafeTextTest {
  @Test
  void harmlessTextStaysAsItIs() {
    String text = "blk.0.attn_q – größer 日本 😀";
    assertSame(text, SafeText.line(text));
  }

  @Test
  void controlsAndDirectionMarksAreEscaped() {
    assertEquals(
        "a\\u001b[31m\\nb\\u007f\\u009b\\u202ec\\u2028",
        SafeText.line("a\u001b[31m\nb\u007f\u009b\u202ec\u2028"));
    assertEquals("\\ud800", SafeText.line("\ud800"));
    assertEquals("\\u{e0041}", SafeText.line(Character.toString(0xe0041)));
  }

  @Test
  void shortensByCharactersNotByHalves() {
    assertEquals("😀😀…", SafeText.shortened("😀😀😀😀", 3));
    assertEquals("😀😀😀", SafeText.shortened("😀😀😀", 3));
  }
}
