package dev.zonda.cli.options;

import dev.zonda.convert.OutputType;
import dev.zonda.formats.NearestName;
import dev.zonda.quantize.FileType;
import java.util.Locale;
import java.util.Optional;

/// What `convert -t` takes: a type of the converter, or a file type of the quantizer.
///
/// @param matrices the type that the converter gives to matrices
/// @param quantized the file type that the quantizer makes of that, if there is one
public record ConversionType(OutputType matrices, Optional<FileType> quantized) {
  /// The model's own 16-bit type.
  public static final ConversionType AUTO = new ConversionType(OutputType.AUTO, Optional.empty());

  /// @throws IllegalArgumentException if there is no such type; the message names them all
  public static ConversionType parse(String name) {
    if (name.strip().toUpperCase(Locale.ROOT).equals(OutputType.AUTO.name())) {
      return AUTO;
    }
    FileType type;
    try {
      type = FileType.parse(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "unknown type '%s'%s, choose one of auto, %s"
              .formatted(name, NearestName.question(FileType.meant(name)), FileType.choices()),
          e);
    }
    return switch (type) {
      case F32 -> new ConversionType(OutputType.F32, Optional.empty());
      case F16 -> new ConversionType(OutputType.F16, Optional.empty());
      case BF16 -> new ConversionType(OutputType.BF16, Optional.empty());
      default -> new ConversionType(OutputType.AUTO, Optional.of(type));
    };
  }

  /// The type's name in a file's name.
  ///
  /// @param converted what the converter chose
  public String name(OutputType converted) {
    return quantized.map(FileType::name).orElse(converted.name());
  }

  /// The file type for the quantizer. Without a quantized type it is the converter's own, so that
  /// tensors stay as they are.
  ///
  /// @param converted what the converter chose
  public FileType fileType(OutputType converted) {
    return quantized.orElseGet(() -> FileType.valueOf(converted.name()));
  }

  /// The file type for the quantizer where nothing is converted; none for [#AUTO].
  public Optional<FileType> fileType() {
    return quantized.or(() ->
        matrices == OutputType.AUTO
            ? Optional.empty()
            : Optional.of(FileType.valueOf(matrices.name())));
  }

  /// The name that [#parse] reads.
  @Override
  public String toString() {
    return quantized.map(FileType::name).orElse(matrices.name().toLowerCase(Locale.ROOT));
  }
}
