package dev.zonda.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads what `convert -t` takes.
final class ConversionTypeConverter implements ITypeConverter<ConversionType> {
  @Override
  public ConversionType convert(String value) {
    try {
      return ConversionType.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
