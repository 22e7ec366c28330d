package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/// A JSON document within a file, read token by token: strict UTF-8, no key twice in an object,
/// bounded depth and length. Every fault names the file and the offset.
public final class JsonInput implements AutoCloseable {
  /// The longest document that is read, which is also the limit of safetensors headers.
  public static final int MOST_BYTES = 100_000_000;

  private static final int MOST_DEPTH = 16;
  private static final int MOST_SKIPPED = 1 << 19;
  private static final int MOST_NAME_CHARS = 65_535;
  private static final int MOST_NUMBER_CHARS = 32;
  private static final int DECODE_CHARS = 8192;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MOST_DEPTH)
                  .maxNameLength(MOST_NAME_CHARS)
                  .maxNumberLength(MOST_NUMBER_CHARS)
                  .maxStringLength(MOST_BYTES)
                  .maxDocumentLength(MOST_BYTES)
                  .build())
          .build();

  private final Path file;
  private final long start;
  private final JsonParser parser;
  private int skipped;

  private JsonInput(Path file, long start, JsonParser parser) {
    this.file = file;
    this.start = start;
    this.parser = parser;
  }

  /// Starts reading a document, which must be an object, and goes to its first key.
  ///
  /// @param start where the document begins in the file
  /// @param length of the document, [#MOST_BYTES] at most
  public static JsonInput open(InputFile input, long start, long length) throws IOException {
    Path file = input.path();
    ByteBuffer document = input.bytes(start, length).asByteBuffer();
    requireUtf8(file, start, document.duplicate());
    // A zero byte could pass for UTF-16.
    if (length < 2 || document.get(0) != '{' || document.get(1) == 0) {
      throw FormatException.at(file, start, "the JSON does not begin with an object");
    }
    JsonInput json =
        new JsonInput(
            file, start, JSON.createParser(ObjectReadContext.empty(), new Stream(document)));
    json.next();
    return json;
  }

  /// The next token.
  ///
  /// @throws FormatException if the JSON is broken or ends before its object does
  public JsonToken next() throws FormatException {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw fault("the JSON ends too early");
      }
      return token;
    } catch (JacksonException e) {
      throw broken(e);
    }
  }

  /// The next key of the object that is being read, false after its last.
  public boolean nextKey() throws FormatException {
    return next() == JsonToken.PROPERTY_NAME;
  }

  /// The key that [#nextKey] went to.
  public String key() throws FormatException {
    return wellFormed(parser.currentName());
  }

  /// Reads the string that comes next.
  public String string(String field) throws FormatException {
    if (next() != JsonToken.VALUE_STRING) {
      throw expected(field, "a string");
    }
    try {
      return wellFormed(parser.getString());
    } catch (JacksonException e) {
      throw broken(e);
    }
  }

  /// Reads the start of the object that comes next.
  public void object(String field) throws FormatException {
    if (next() != JsonToken.START_OBJECT) {
      throw expected(field, "an object");
    }
  }

  /// Reads the array that comes next, of whole numbers from 0 to [Long#MAX_VALUE].
  ///
  /// @param most how many numbers are allowed
  public long[] numbers(String field, int most) throws FormatException {
    if (next() != JsonToken.START_ARRAY) {
      throw expected(field, "an array");
    }
    long[] numbers = new long[most];
    int count = 0;
    while (next() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw expected(field, "whole numbers");
      }
      if (count == most) {
        throw fault(field + " has more than " + most + " numbers");
      }
      try {
        numbers[count] = parser.getLongValue();
      } catch (JacksonException e) {
        throw expected(field, "numbers that fit in 63 bits");
      }
      if (numbers[count] < 0) {
        throw expected(field, "no negative number");
      }
      count++;
    }
    return Arrays.copyOf(numbers, count);
  }

  /// Skips the next value, whatever it is. All skipped values together may have a limited number of
  /// tokens, since the keys of an object are held until it ends.
  public void skip() throws FormatException {
    int depth = 0;
    do {
      JsonToken token = next();
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      }
      if (++skipped > MOST_SKIPPED) {
        throw fault("more than " + MOST_SKIPPED + " values and keys that zonda does not use");
      }
    } while (depth > 0);
  }

  /// Makes sure that nothing but white space follows.
  public void end() throws FormatException {
    try {
      if (parser.nextToken() != null) {
        throw fault("more follows after the end of the JSON object");
      }
    } catch (JacksonException e) {
      throw broken(e);
    }
  }

  /// A fault at the present token.
  public FormatException fault(String problem) {
    return FormatException.at(
        file, start + Math.max(0, parser.currentTokenLocation().getByteOffset()), problem);
  }

  @Override
  public void close() {
    parser.close();
  }

  private FormatException expected(String field, String what) {
    return fault(field + " is " + describe(parser.currentToken()) + ", expected " + what);
  }

  private static String describe(JsonToken token) {
    return switch (token) {
      case START_OBJECT, END_OBJECT, PROPERTY_NAME -> "an object";
      case START_ARRAY, END_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT -> "a whole number";
      case VALUE_NUMBER_FLOAT -> "a number with a fraction";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      default -> "null";
    };
  }

  private FormatException broken(JacksonException cause) {
    long at = cause.getLocation() == null ? 0 : Math.max(0, cause.getLocation().getByteOffset());
    return FormatException.at(file, start + at, "broken JSON: " + cause.getOriginalMessage());
  }

  /// Escapes can spell half a surrogate pair, which no UTF-8 can.
  private String wellFormed(String text) throws FormatException {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw fault("a string holds an unpaired surrogate");
    }
    return text;
  }

  private static void requireUtf8(Path file, long start, ByteBuffer bytes) throws FormatException {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CharBuffer chars = CharBuffer.allocate(DECODE_CHARS);
    CoderResult result;
    do {
      result = decoder.decode(bytes, chars.clear(), true);
    } while (result.isOverflow());
    if (result.isError()) {
      throw FormatException.at(file, start + bytes.position(), "the JSON is not valid UTF-8");
    }
  }

  /// Reads the document where it lies.
  private static final class Stream extends InputStream {
    private final ByteBuffer bytes;

    Stream(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() {
      return bytes.hasRemaining() ? Byte.toUnsignedInt(bytes.get()) : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (!bytes.hasRemaining()) {
        return -1;
      }
      int count = Math.min(length, bytes.remaining());
      bytes.get(target, offset, count);
      return count;
    }
  }
}
