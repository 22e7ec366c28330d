package dev.zonda.inspect;

import dev.zonda.formats.Metadata;
import dev.zonda.quantize.FileType;
import java.util.List;
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
/// @param contextLength tokens it was made for
/// @param vocabularySize number of tokens
/// @param layers number of blocks
/// @param embeddingLength width of the residual stream
/// @param feedForwardLength inner width of the feed-forward part
/// @param heads query heads per layer
/// @param kvHeads key/value heads per layer
/// @param experts per layer, in a mixture of experts
public record ModelFacts(
    Optional<String> architecture,
    Optional<String> modelClass,
    Optional<String> name,
    Optional<String> fileType,
    OptionalLong contextLength,
    OptionalLong vocabularySize,
    OptionalLong layers,
    OptionalLong embeddingLength,
    OptionalLong feedForwardLength,
    OptionalLong heads,
    OptionalLong kvHeads,
    OptionalLong experts) {

  /// The facts in GGUF metadata. Other metadata give no facts.
  static ModelFacts ofMetadata(Metadata metadata) {
    Optional<String> architecture = metadata.text("general.architecture");
    String prefix = architecture.orElse("");
    OptionalLong vocabulary = metadata.integer(prefix + ".vocab_size");
    if (vocabulary.isEmpty()) {
      vocabulary =
          metadata.array("tokenizer.ggml.tokens").stream().mapToLong(List::size).findFirst();
    }
    return new ModelFacts(
        architecture,
        Optional.empty(),
        metadata.text("general.name"),
        fileType(metadata.integer("general.file_type")),
        metadata.integer(prefix + ".context_length"),
        vocabulary,
        metadata.integer(prefix + ".block_count"),
        metadata.integer(prefix + ".embedding_length"),
        metadata.integer(prefix + ".feed_forward_length"),
        metadata.integer(prefix + ".attention.head_count"),
        metadata.integer(prefix + ".attention.head_count_kv"),
        metadata.integer(prefix + ".expert_count"));
  }

  /// The facts in a configuration: `config.json` of transformers, or `params.json` of Mistral's own
  /// format. Families name the same thing differently.
  static ModelFacts ofConfiguration(JsonNode config) {
    return new ModelFacts(
        text(config, "model_type"),
        Optional.of(config.path("architectures").path(0))
            .filter(JsonNode::isString)
            .map(JsonNode::stringValue),
        text(config, "_name_or_path").filter(name -> !name.isBlank()),
        Optional.empty(),
        integer(
            config, "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx"),
        integer(config, "vocab_size"),
        integer(config, "num_hidden_layers", "n_layer", "n_layers", "num_layers"),
        integer(config, "hidden_size", "n_embd", "d_model", "dim"),
        integer(config, "intermediate_size", "ffn_dim", "n_inner", "hidden_dim"),
        integer(config, "num_attention_heads", "n_head", "n_heads", "num_heads"),
        integer(config, "num_key_value_heads", "n_kv_heads", "num_kv_heads"),
        integer(config, "num_local_experts", "num_experts", "n_routed_experts"));
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
  /// part one level down.
  private static OptionalLong integer(JsonNode config, String... fields) {
    return Stream.of(config, config.path("text_config"))
        .flatMap(node -> Stream.of(fields).map(node::path))
        .filter(value -> value.isIntegralNumber() && value.canConvertToLong())
        .mapToLong(JsonNode::longValue)
        .findFirst();
  }
}
