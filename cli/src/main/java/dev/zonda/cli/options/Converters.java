package dev.zonda.cli.options;

import dev.zonda.cli.render.ProgressMode;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.MetadataOverride;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.TypeOverrides;
import dev.zonda.quantize.imatrix.ImatrixFormat;
import dev.zonda.verify.gates.Gate;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Converts words of the command line to values, for all commands alike, with each type's own
/// `parse` and its error messages.
public final class Converters {
  private Converters() {}

  /// Call this after all commands were added.
  public static void register(CommandLine commands) {
    commands
        .registerConverter(Path.class, parsing(Converters::path))
        .registerConverter(OutputPath.class, parsing(OutputPath::parse))
        .registerConverter(OutputFile.class, parsing(OutputFile::parse))
        .registerConverter(ByteCount.class, parsing(ByteCount::parse))
        .registerConverter(Integer.class, parsing(Converters::integer))
        .registerConverter(int.class, parsing(Converters::integer))
        .registerConverter(Double.class, parsing(Converters::number))
        .registerConverter(double.class, parsing(Converters::number))
        .registerConverter(ConversionType.class, parsing(ConversionType::parse))
        .registerConverter(FileType.class, parsing(FileType::parse))
        .registerConverter(TensorType.class, parsing(TypeOverrides::parseType))
        .registerConverter(TypeOverrides.Rule.class, parsing(TypeOverrides.Rule::parse))
        .registerConverter(MetadataOverride.class, parsing(MetadataOverride::parse))
        .registerConverter(LayerNumbers.class, parsing(LayerNumbers::parse))
        .registerConverter(ProgressMode.class, parsing(ProgressMode::parse))
        .registerConverter(NonfiniteValues.class, parsing(NonfiniteValues::parse))
        .registerConverter(ImatrixFormat.class, parsing(ImatrixFormat::parse))
        .registerConverter(Gate.class, parsing(Gate::parse));
  }

  /// @param parse throws an [IllegalArgumentException] whose message is for the user
  private static <T> ITypeConverter<T> parsing(Function<String, T> parse) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(Optional.ofNullable(e.getMessage()).orElse("is wrong"));
      }
    };
  }

  static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' cannot be the name of a file", e);
    }
  }

  private static Integer integer(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      boolean isLong = text.matches("[-+]?\\d{1,100}");
      throw new IllegalArgumentException(
          "'" + text + "' is " + (isLong ? "too large a number" : "not a whole number"), e);
    }
  }

  private static Double number(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a number", e);
    }
  }
}
