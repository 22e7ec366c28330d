package dev.zonda.cli;

import dev.zonda.quantize.NonfiniteValues;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads `keep`, `zero` or `fail`.
final class NonfiniteValuesConverter implements ITypeConverter<NonfiniteValues> {
  @Override
  public NonfiniteValues convert(String value) {
    try {
      return NonfiniteValues.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
