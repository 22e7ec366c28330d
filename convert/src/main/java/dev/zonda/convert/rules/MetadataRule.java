package dev.zonda.convert.rules;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// Writes one or a few metadata keys of a family from config.json.
@FunctionalInterface
public interface MetadataRule {
  void write(Source source, Metadata.Builder metadata) throws FormatException;

  /// What rules write from.
  ///
  /// @param fileType GGUF's number of the output's type, if it has one
  /// @param unwritten takes what GGUF has no key for and an evaluation needs, under names in the
  ///   style of GGUF's
  record Source(
      Family family,
      ModelConfig config,
      ModelSizes sizes,
      OptionalInt fileType,
      Fidelity fidelity,
      Notes notes,
      Metadata.Builder unwritten) {
    /// The full name of one of the family's keys.
    public String key(String name) {
      return family.architecture() + "." + name;
    }

    /// Whether the checkpoint's word counts where llama.cpp's converter (the reference) is wrong.
    public boolean isCorrected() {
      return fidelity == Fidelity.CORRECTED;
    }

    public RopeStyle rope() {
      return family.rope();
    }

    /// Whether llama.cpp's architecture has a tensor.
    boolean accepts(String tensor) {
      return KnownTensors.accepts(family.architecture(), tensor);
    }

    /// Says that something was written that the reference does not write.
    public void noteDropped(String field, Object value, String key) {
      notes.add(
          "%s %s is written as %s; llama.cpp's converter drops it (--as-reference)"
              .formatted(field, value, key(key)));
    }

    /// Says that the file cannot have what config.json says.
    public void noteUnwritten(String field, Object value, Object taken) {
      notes.add(
          "%s is %s, which GGUF has no key for: the file has %s".formatted(field, value, taken));
    }

    public void keepNumbers(String key, List<Float> numbers) {
      List<MetadataValue> values = new ArrayList<>();
      numbers.forEach(number -> values.add(new MetadataValue.Float32(number)));
      unwritten.put(key(key), new MetadataValue.Array(MetadataType.FLOAT32, values));
    }
  }

  /// Several, in this order.
  static MetadataRule sequence(MetadataRule... rules) {
    List<MetadataRule> all = List.of(rules);
    return (source, metadata) -> {
      for (MetadataRule rule : all) {
        rule.write(source, metadata);
      }
    };
  }

  /// A boolean per layer.
  static MetadataValue flags(List<Boolean> ofLayers) {
    List<MetadataValue> values = new ArrayList<>();
    ofLayers.forEach(flag -> values.add(new MetadataValue.Bool(flag)));
    return new MetadataValue.Array(MetadataType.BOOL, values);
  }

  /// The numbers of the layers that have something, for messages.
  static List<Integer> layersWith(List<Boolean> flags) {
    return IntStream.range(0, flags.size()).filter(flags::get).boxed().toList();
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

  /// A switch that must be in one position, since evaluations do not have the other.
  ///
  /// @param reason what the network would be
  static MetadataRule only(String field, boolean value, String reason) {
    return (source, metadata) -> {
      if (source.isCorrected() && source.config().is(field) != value) {
        throw source
            .config()
            .fields()
            .problem(field, "is %s: %s, which cannot be evaluated".formatted(!value, reason));
      }
    };
  }

  /// A field that transformers' class does not read, because the network has one value for it.
  static MetadataRule implied(String field, Object value) {
    return (source, metadata) -> {
      Optional<JsonNode> said = source.config().fields().get(field);
      if (said.isPresent() && !isSame(said.get(), value)) {
        source
            .notes()
            .add(
                "%s is %s, which this family's network does not read: it has %s"
                    .formatted(field, said.get(), value));
      }
    };
  }

  private static boolean isSame(JsonNode said, Object value) {
    if (said.isNumber() && value instanceof Number number) {
      return said.doubleValue() == number.doubleValue();
    }
    String text = said.isString() ? said.stringValue() : said.toString();
    return text.equals(value.toString());
  }
}
