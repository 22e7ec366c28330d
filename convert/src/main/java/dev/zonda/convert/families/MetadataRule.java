package dev.zonda.convert.families;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Writes one or a few metadata keys of a family from config.json.
@FunctionalInterface
public interface MetadataRule {
  void write(Source source, Metadata.Builder metadata) throws FormatException;

  /// What rules write from.
  ///
  /// @param architecture the prefix of the family's keys, for example `llama`
  /// @param fileType GGUF's number of the output's type, if it has one
  /// @param unwritten takes what GGUF has no key for and an evaluation needs, under names as GGUF's
  record Source(
      String architecture,
      ModelConfig config,
      ModelSizes sizes,
      OptionalInt fileType,
      Fidelity fidelity,
      Notes notes,
      Metadata.Builder unwritten) {
    /// The full name of one of the family's keys.
    public String key(String name) {
      return architecture + "." + name;
    }

    /// Whether the checkpoint's word counts where the reference is wrong.
    public boolean isCorrected() {
      return fidelity == Fidelity.CORRECTED;
    }
  }

  /// A size under the first of several field names, if config.json has one of them.
  static MetadataRule size(String key, String... fields) {
    return (source, metadata) -> {
      OptionalLong value = source.config().optionalSize(List.of(fields));
      value.ifPresent(size -> metadata.putUint32(source.key(key), size));
    };
  }

  /// A number that may be zero, under the first of several field names, if config.json has one.
  static MetadataRule count(String key, String... fields) {
    return (source, metadata) -> {
      OptionalLong value = source.config().optionalCount(List.of(fields));
      value.ifPresent(count -> metadata.putUint32(source.key(key), count));
    };
  }

  /// A size that follows from the checkpoint's.
  static MetadataRule computed(String key, Dimension dimension) {
    return (source, metadata) -> metadata.putUint32(source.key(key), dimension.of(source.sizes()));
  }

  /// A number under the first of several field names, if config.json has one of them.
  static MetadataRule real(String key, String... fields) {
    return (source, metadata) -> {
      OptionalDouble value = source.config().optionalReal(List.of(fields));
      value.ifPresent(number -> metadata.putFloat32(source.key(key), (float) number));
    };
  }

  /// The output's type.
  static MetadataRule fileType() {
    return (source, metadata) ->
        source.fileType().ifPresent(type -> metadata.putUint32("general.file_type", type));
  }
}
