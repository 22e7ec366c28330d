package dev.zonda.formats.gguf;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// GGUF strings should be UTF-8, but vocabularies hold tokens that are not. This maps any bytes to
/// a string and back without loss: a byte `0xNN` that belongs to no UTF-8 sequence becomes the
/// unpaired surrogate `U+DCNN`, which valid UTF-8 never gives (Python's `surrogateescape`).
final class GgufText {
  private static final char ESCAPE = 0xDC00;

  private GgufText() {}

  static String decode(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    return text.indexOf('\uFFFD') < 0 ? text : decodeEscaping(bytes, from, to);
  }

  /// @throws IllegalArgumentException if the text holds an unpaired surrogate that is not an escape
  static byte[] encode(String text) {
    if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
    try {
      ByteBuffer bytes = encoder.encode(CharBuffer.wrap(text));
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      return encodeEscaping(text);
    }
  }

  /// Why a text cannot be a name, if it cannot: keys and names of tensors are UTF-8 without zero
  /// bytes, since llama.cpp holds them as C strings.
  static Optional<String> problemOfName(String text) {
    if (text.indexOf(0) >= 0) {
      return Optional.of("holds a zero byte");
    }
    return StandardCharsets.UTF_8.newEncoder().canEncode(text)
        ? Optional.empty()
        : Optional.of("is not valid UTF-8");
  }

  private static String decodeEscaping(byte[] bytes, int from, int to) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from);
    CharBuffer out = CharBuffer.allocate(to - from);
    CoderResult result = decoder.decode(in, out, true);
    while (result.isError()) {
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (ESCAPE + Byte.toUnsignedInt(in.get())));
      }
      decoder.reset();
      result = decoder.decode(in, out, true);
    }
    return out.flip().toString();
  }

  private static byte[] encodeEscaping(String text) {
    CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
    CharBuffer in = CharBuffer.wrap(text);
    ByteBuffer out = ByteBuffer.allocate(Math.multiplyExact(3, text.length()));
    CoderResult result = encoder.encode(in, out, true);
    while (result.isError()) {
      char escaped = in.get();
      if (escaped < ESCAPE + 0x80 || escaped > ESCAPE + 0xff) {
        throw new IllegalArgumentException(
            "unpaired surrogate U+%04X cannot be written".formatted((int) escaped));
      }
      out.put((byte) escaped);
      encoder.reset();
      result = encoder.encode(in, out, true);
    }
    byte[] exact = new byte[out.flip().remaining()];
    out.get(exact);
    return exact;
  }
}
