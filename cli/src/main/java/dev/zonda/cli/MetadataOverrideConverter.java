package dev.zonda.cli;

import dev.zonda.quantize.MetadataOverride;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a metadata override such as `general.name=str:Mistral`.
final class MetadataOverrideConverter implements ITypeConverter<MetadataOverride> {
  @Override
  public MetadataOverride convert(String value) {
    try {
      return MetadataOverride.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
