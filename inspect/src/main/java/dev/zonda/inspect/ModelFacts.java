package dev.zonda.inspect;

import dev.zonda.formats.Metadata;
import dev.zonda.quantize.FileType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What a model says about itself, whichever format it comes in. What it does not say is empty;
/// nothing is guessed.
///
/// @param architecture short name: GGUF's `general.architecture`, or `model_type` of a
///   configuration
/// @param modelClass the class that runs it in transformers, for example `MistralForCausalLM`
/// @param name what its makers call it
/// @param fileType what llama-quantize calls the mixture of types, for example `Q4_K_M`
/// @param sizes the numbers that it says
public record ModelFacts(
    Optional<String> architecture,
    Optional<String> modelClass,
    Optional<String> name,
    Optional<String> fileType,
    Map<SizeFact, Long> sizes) {

  public ModelFacts {
    sizes = Map.copyOf(sizes);
  }

  /// The facts in GGUF metadata. Other metadata give no facts.
  static ModelFacts ofMetadata(Metadata metadata) {
    Optional<String> architecture = metadata.text("general.architecture");
    Map<SizeFact, Long> sizes = new EnumMap<>(SizeFact.class);
    metadata.array("tokenizer.ggml.tokens").stream()
        .mapToLong(List::size)
        .forEach(tokens -> sizes.put(SizeFact.VOCABULARY, tokens));
    for (SizeFact fact : SizeFact.values()) {
      metadata
          .integer(architecture.orElse("") + "." + fact.key())
          .ifPresent(value -> sizes.put(fact, value));
    }
    // The key counts all of them.
    Optional.ofNullable(sizes.get(SizeFact.PREDICTORS))
        .ifPresent(count -> sizes.computeIfPresent(SizeFact.LAYERS, (_, all) -> all - count));
    return new ModelFacts(
        architecture,
        Optional.empty(),
        metadata.text("general.name"),
        fileType(metadata.integer("general.file_type")),
        sizes);
  }

  /// The facts in a configuration: `config.json` of transformers, or `params.json` of Mistral's own
  /// format.
  static ModelFacts ofConfiguration(JsonNode config) {
    Map<SizeFact, Long> sizes = new EnumMap<>(SizeFact.class);
    for (SizeFact fact : SizeFact.values()) {
      integer(config, fact.fields()).ifPresent(value -> sizes.put(fact, value));
    }
    return new ModelFacts(
        text(config, "model_type"),
        Optional.of(config.path("architectures").path(0))
            .filter(JsonNode::isString)
            .map(JsonNode::stringValue),
        text(config, "_name_or_path").filter(name -> !name.isBlank()),
        Optional.empty(),
        sizes);
  }

  public OptionalLong size(SizeFact fact) {
    Long size = sizes.get(fact);
    return size == null ? OptionalLong.empty() : OptionalLong.of(size);
  }

  private static Optional<String> fileType(OptionalLong id) {
    return Stream.of(FileType.values())
        .filter(type -> type != FileType.COPY)
        .filter(type -> id.isPresent() && id.getAsLong() == type.id())
        .map(FileType::name)
        .findFirst();
  }

  private static Optional<String> text(JsonNode config, String field) {
    JsonNode value = config.path(field);
    return value.isString() ? Optional.of(value.stringValue()) : Optional.empty();
  }

  /// The first field that holds an integer; models that also see or hear keep those of their text
  /// part one level down, those that also speak two.
  private static OptionalLong integer(JsonNode config, List<String> fields) {
    return Stream.of(
            config, config.path("text_config"), config.path("thinker_config").path("text_config"))
        .flatMap(node -> fields.stream().map(node::path))
        .filter(value -> value.isIntegralNumber() && value.canConvertToLong())
        .mapToLong(JsonNode::longValue)
        .findFirst();
  }
}
