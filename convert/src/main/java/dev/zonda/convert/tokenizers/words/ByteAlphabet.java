package dev.zonda.convert.tokenizers.words;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The alphabet of byte-level vocabularies: a printable character for every byte, so that bytes can
/// be written as text. Bytes that are printable in Latin-1 stand for themselves, the others follow
/// from U+0100 on in order.
public final class ByteAlphabet {
  /// The character of the space.
  public static final char SPACE = '\u0120';

  private static final int FIRST_OTHER = 0x100;
  private static final int SIZE = 0x144;
  private static final char[] CHARACTERS = new char[0x100];
  private static final short[] BYTES = new short[SIZE];

  static {
    Arrays.fill(BYTES, (short) -1);
    int other = FIRST_OTHER;
    for (int value = 0; value < CHARACTERS.length; value++) {
      CHARACTERS[value] = (char) (isPrintable(value) ? value : other++);
      BYTES[CHARACTERS[value]] = (short) value;
    }
  }

  private ByteAlphabet() {}

  /// The bytes of a text, as UTF-8, in this alphabet.
  public static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  public static String encode(byte[] bytes) {
    char[] characters = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      characters[i] = CHARACTERS[bytes[i] & 0xff];
    }
    return new String(characters);
  }

  /// The bytes that a text in this alphabet stands for; the text's own UTF-8 if it holds any other
  /// character.
  public static byte[] decode(String text) {
    if (!isEncoded(text)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    byte[] bytes = new byte[text.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) BYTES[text.charAt(i)];
    }
    return bytes;
  }

  /// Whether all characters are of this alphabet.
  public static boolean isEncoded(String text) {
    return text.chars().allMatch(character -> character < SIZE && BYTES[character] >= 0);
  }

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value != 0xad);
  }
}
