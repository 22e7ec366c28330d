package dev.zonda.cli.render;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// Results as JSON: record components in their order, names in `snake_case`, empty optionals left
/// out, and `null` for NaN and infinity, which JSON cannot express. Separate from [Console], so
/// that Jackson is loaded only where JSON is asked for.
public final class Json {
  private static final JsonMapper LINES =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .changeDefaultPropertyInclusion(
              inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_ABSENT))
          .addModule(
              new SimpleModule()
                  .addSerializer(Double.class, new FiniteNumbers())
                  .addSerializer(double.class, new FiniteNumbers()))
          .build();

  private Json() {}

  public static void write(Object result, Writer out) {
    LINES
        .rebuild()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValue(new Escaping(out), result);
  }

  /// All in one line.
  static void writeLine(Object event, Writer out) {
    LINES.writeValue(new Escaping(out), event);
  }

  /// Jackson would write a string instead of a number.
  private static final class FiniteNumbers extends ValueSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator json, SerializationContext context) {
      if (Double.isFinite(value)) {
        json.writeNumber(value);
      } else {
        json.writeNull();
      }
    }
  }

  /// Jackson escapes what JSON must; this escapes what a terminal must not see either. Such
  /// characters can only stand inside strings, where an escape means the same.
  private static final class Escaping extends FilterWriter {
    Escaping(Writer out) {
      super(out);
    }

    @Override
    public void write(int c) throws IOException {
      if (isPlain((char) c)) {
        out.write(c);
      } else {
        out.write("\\u%04x".formatted(c));
      }
    }

    @Override
    public void write(char[] text, int from, int count) throws IOException {
      int start = from;
      for (int i = from; i < from + count; i++) {
        if (!isPlain(text[i])) {
          out.write(text, start, i - start);
          write(text[i]);
          start = i + 1;
        }
      }
      out.write(text, start, from + count - start);
    }

    @Override
    public void write(String text, int from, int count) throws IOException {
      write(text.toCharArray(), from, count);
    }

    private static boolean isPlain(char c) {
      // Line breaks between the fields are Jackson's own; halves of pairs belong to whole ones.
      return c == '\n' || c == '\r' || Character.isSurrogate(c) || SafeText.isHarmless(c);
    }
  }
}
