package dev.zonda.inspect;

import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// Metadata values in a few words: `[32000 strings] '<unk>', '<s>', …`.
///
/// Strings are shortened, but not made safe for a terminal: that is left to the caller that prints
/// them.
public final class ValueText {
  private static final int SHOWN_ELEMENTS = 6;
  private static final int SHOWN_CHARACTERS = 100;
  private static final int SHOWN_CHARACTERS_OF_ELEMENT = 24;

  private ValueText() {}

  public static String of(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> shortened(text, SHOWN_CHARACTERS);
      case MetadataValue.Array array -> array(array);
      default -> scalar(value);
    };
  }

  /// A value of a configuration file.
  public static String of(JsonNode value) {
    return shortened(value.isString() ? value.stringValue() : value.toString(), SHOWN_CHARACTERS);
  }

  /// The value's type in a word: `uint32`, `string`, `string[]`.
  public static String typeOf(MetadataValue value) {
    return value instanceof MetadataValue.Array array
        ? kind(array.elementType()) + "[]"
        : kind(value.type());
  }

  private static String array(MetadataValue.Array array) {
    List<MetadataValue> values = array.values();
    String elements =
        values.stream()
            .limit(SHOWN_ELEMENTS)
            .map(ValueText::element)
            .collect(Collectors.joining(", "));
    String kind = kind(array.elementType());
    String head = "[" + values.size() + " " + (values.size() == 1 ? kind : kind + "s") + "]";
    String tail = values.size() > SHOWN_ELEMENTS ? ", …" : "";
    return values.isEmpty() ? head : head + " " + elements + tail;
  }

  private static String element(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) ->
          "'" + shortened(text, SHOWN_CHARACTERS_OF_ELEMENT) + "'";
      case MetadataValue.Array(MetadataType type, List<MetadataValue> values) ->
          "[" + values.size() + " " + kind(type) + (values.size() == 1 ? "]" : "s]");
      default -> scalar(value);
    };
  }

  private static String scalar(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Uint8(int number) -> Integer.toString(number);
      case MetadataValue.Int8(byte number) -> Byte.toString(number);
      case MetadataValue.Uint16(int number) -> Integer.toString(number);
      case MetadataValue.Int16(short number) -> Short.toString(number);
      case MetadataValue.Uint32(long number) -> Long.toString(number);
      case MetadataValue.Int32(int number) -> Integer.toString(number);
      case MetadataValue.Float32(float number) -> Float.toString(number);
      case MetadataValue.Bool(boolean flag) -> Boolean.toString(flag);
      case MetadataValue.Text(String text) -> text;
      case MetadataValue.Uint64(long number) -> Long.toUnsignedString(number);
      case MetadataValue.Int64(long number) -> Long.toString(number);
      case MetadataValue.Float64(double number) -> Double.toString(number);
      case MetadataValue.Array array -> "[" + array.values().size() + "]";
    };
  }

  private static String kind(MetadataType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  private static String shortened(String text, int limit) {
    if (text.length() <= limit || text.codePointCount(0, text.length()) <= limit) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, limit))
        + "… ("
        + text.length()
        + " characters)";
  }
}
