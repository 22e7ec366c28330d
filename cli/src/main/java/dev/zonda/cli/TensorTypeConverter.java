package dev.zonda.cli;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.TypeOverrides;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a tensor type such as `q6_k`.
final class TensorTypeConverter implements ITypeConverter<TensorType> {
  @Override
  public TensorType convert(String value) {
    try {
      return TypeOverrides.parseType(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
