package dev.zonda.quantize;

import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A key of the metadata that gets a value of the user's choice.
///
/// In text it is `KEY=TYPE:VALUE`. The types `int`, `float`, `bool` and `str` are those of
/// llama-quantize and are written as it writes them: `int` as UINT32, `float` as FLOAT32. Beyond
/// them each type of the format has a name of its own (`int8` … `float64`), and `TYPE[]:` with a
/// JSON array as value makes an array.
///
/// @param key 1 to 65535 bytes
/// @param value what it gets
public record MetadataOverride(String key, MetadataValue value) {
  private static final int MOST_KEY_CHARS = 65_535 / 3;
  private static final String ARRAY_SUFFIX = "[]";

  /// The writer of a file sets these.
  private static final Set<String> RESERVED =
      Set.of("split.no", "split.count", "split.tensors.count");

  public MetadataOverride {
    if (key.isEmpty() || key.length() > MOST_KEY_CHARS) {
      throw new IllegalArgumentException(
          "a metadata key has 1 to %d characters, not %d".formatted(MOST_KEY_CHARS, key.length()));
    }
    if (RESERVED.contains(key)) {
      throw new IllegalArgumentException(
          "'" + key + "' cannot be set: it follows from the number of files");
    }
  }

  /// Reads `KEY=TYPE:VALUE`.
  ///
  /// @throws IllegalArgumentException if it is anything else; the message is for users
  public static MetadataOverride parse(String text) {
    int equals = text.indexOf('=');
    int colon = text.indexOf(':', equals + 1);
    if (equals < 1 || colon < 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is not of the form KEY=TYPE:VALUE, such as general.name=str:Mistral");
    }
    String type = text.substring(equals + 1, colon);
    String value = text.substring(colon + 1);
    return new MetadataOverride(
        text.substring(0, equals),
        type.endsWith(ARRAY_SUFFIX)
            ? array(type.substring(0, type.length() - ARRAY_SUFFIX.length()), value)
            : scalar(type(type), value));
  }

  private static MetadataType type(String name) {
    return switch (name) {
      case "int" -> MetadataType.UINT32;
      case "float" -> MetadataType.FLOAT32;
      case "str" -> MetadataType.STRING;
      default ->
          ofFormat()
              .filter(type -> name(type).equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "unknown type '%s', expected int, float, bool, str, %s, or one of them with []"
                          .formatted(
                              name,
                              ofFormat()
                                  .filter(type -> type != MetadataType.BOOL)
                                  .map(MetadataOverride::name)
                                  .collect(Collectors.joining(", ")))));
    };
  }

  private static Stream<MetadataType> ofFormat() {
    return Arrays.stream(MetadataType.values()).filter(MetadataType::hasFixedSize);
  }

  private static String name(MetadataType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  private static MetadataValue array(String elementType, String json) {
    MetadataType type = type(elementType);
    JsonNode elements;
    try {
      elements = JsonMapper.shared().readTree(json);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "'" + json + "' is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (!elements.isArray()) {
      throw new IllegalArgumentException("'" + json + "' is not a JSON array such as [1, 2]");
    }
    List<MetadataValue> values =
        elements.valueStream().map(element -> scalar(type, textOf(element, type))).toList();
    return new MetadataValue.Array(type, values);
  }

  private static String textOf(JsonNode element, MetadataType type) {
    boolean fits =
        switch (type) {
          case STRING -> element.isString();
          case BOOL -> element.isBoolean();
          case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64, FLOAT32, FLOAT64 ->
              element.isNumber();
          case ARRAY -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException(element + " is not of type " + name(type));
    }
    return element.asString();
  }

  private static MetadataValue scalar(MetadataType type, String value) {
    try {
      return switch (type) {
        case UINT8 -> new MetadataValue.Uint8(Integer.parseInt(value));
        case INT8 -> new MetadataValue.Int8(Byte.parseByte(value));
        case UINT16 -> new MetadataValue.Uint16(Integer.parseInt(value));
        case INT16 -> new MetadataValue.Int16(Short.parseShort(value));
        case UINT32 -> new MetadataValue.Uint32(Long.parseLong(value));
        case INT32 -> new MetadataValue.Int32(Integer.parseInt(value));
        case UINT64 -> new MetadataValue.Uint64(Long.parseUnsignedLong(value));
        case INT64 -> new MetadataValue.Int64(Long.parseLong(value));
        // By way of the wider type, as in llama-quantize.
        case FLOAT32 -> new MetadataValue.Float32((float) finite(value));
        case FLOAT64 -> new MetadataValue.Float64(finite(value));
        case BOOL -> new MetadataValue.Bool(bool(value).orElseThrow(NumberFormatException::new));
        case STRING -> new MetadataValue.Text(value);
        case ARRAY -> throw new IllegalArgumentException("arrays of arrays are not supported here");
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'%s' is not %s"
              .formatted(
                  value, type == MetadataType.BOOL ? "true or false" : "of type " + name(type)),
          e);
    }
  }

  private static double finite(String value) {
    double number = Double.parseDouble(value);
    if (!Double.isFinite(number)) {
      throw new NumberFormatException();
    }
    return number;
  }

  private static Optional<Boolean> bool(String value) {
    return switch (value) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }
}
