package dev.zonda.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a size such as `500M` or `2G`: decimal units, as llama-gguf-split takes them.
final class SizeConverter implements ITypeConverter<Long> {
  /// Nine digits: times 10^9 they fit 63 bits.
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([MG])");

  @Override
  public Long convert(String value) {
    Matcher size = SIZE.matcher(value);
    if (!size.matches() || Long.parseLong(size.group(1)) == 0) {
      throw new TypeConversionException(
          "'" + value + "' is no size, expected a whole number and M or G, for example 500M or 2G");
    }
    long unit = size.group(2).equals("M") ? 1_000_000 : 1_000_000_000;
    return Long.parseLong(size.group(1)) * unit;
  }
}
