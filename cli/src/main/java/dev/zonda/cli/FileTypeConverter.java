package dev.zonda.cli;

import dev.zonda.quantize.FileType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a file type such as `q4_k_m`.
final class FileTypeConverter implements ITypeConverter<FileType> {
  @Override
  public FileType convert(String value) {
    try {
      return FileType.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
