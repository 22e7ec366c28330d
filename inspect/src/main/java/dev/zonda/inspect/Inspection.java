package dev.zonda.inspect;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.checkpoint.ShardedCheckpoint;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What a checkpoint contains.
///
/// @param path what was looked at
/// @param stored the files and what is in them
/// @param facts what the model says about itself
/// @param quantization how a folder's weights are quantized, in words
/// @param vocabulary how it turns text into tokens
/// @param parameters values in all tensors; for quantized folders, those that the stored ones stand
///   for
/// @param configuration `config.json`, where a folder has one
public record Inspection(
    Path path,
    StoredFiles stored,
    ModelFacts facts,
    Optional<String> quantization,
    Optional<VocabularyFacts> vocabulary,
    long parameters,
    Optional<JsonNode> configuration) {

  /// A file of tensors, or several that belong together. Only GGUF says what model it is.
  public static Inspection of(Checkpoint checkpoint) throws IOException {
    return of(
        checkpoint.path(),
        StoredFiles.of(checkpoint, filesOf(checkpoint)),
        ModelFacts.ofMetadata(checkpoint.metadata()),
        Optional.empty());
  }

  /// A checkpoint folder: its `config.json`, or the `params.json` of Mistral's own layout, says
  /// what model it is.
  public static Inspection of(CheckpointFolder folder) throws IOException {
    Optional<JsonNode> configuration = folder.json("config.json");
    if (configuration.isEmpty()) {
      configuration = folder.json("params.json");
    }
    ModelFacts facts =
        configuration
            .map(ModelFacts::ofConfiguration)
            .orElseGet(() -> ModelFacts.ofMetadata(Metadata.empty()));
    List<Path> files = folder.archive().map(List::of).orElseGet(() -> filesOf(folder.weights()));
    return of(folder.path(), StoredFiles.of(folder.weights(), files), facts, configuration);
  }

  private static List<Path> filesOf(Checkpoint checkpoint) {
    return switch (checkpoint) {
      case GgufFile gguf -> gguf.files();
      case ShardedCheckpoint sharded -> sharded.shards().stream().map(Checkpoint::path).toList();
      default -> List.of(checkpoint.path());
    };
  }

  private static Inspection of(
      Path path, StoredFiles stored, ModelFacts facts, Optional<JsonNode> configuration) {
    return new Inspection(
        path,
        stored,
        facts,
        configuration.flatMap(config -> QuantizationText.of(config, stored.tensors())),
        VocabularyFacts.of(stored.metadata()),
        stored.values(),
        configuration);
  }

  /// The same with what only a conversion tells of a folder: its vocabulary, and how many
  /// parameters quantized tensors stand for.
  ///
  /// @param model that the folder becomes
  public Inspection with(GgufModel model) {
    return new Inspection(
        path,
        stored,
        facts,
        quantization,
        VocabularyFacts.of(model.metadata()),
        quantization.isEmpty()
            ? parameters
            : model.tensors().stream()
                .mapToLong(tensor -> tensor.shape().elements())
                .reduce(0, Math::addExact),
        configuration);
  }

  /// The same with the hash of every file, which means reading them whole.
  public Inspection hashed(ProgressListener progress) throws IOException {
    StoredFiles hashed = stored.hashed(progress);
    return new Inspection(path, hashed, facts, quantization, vocabulary, parameters, configuration);
  }

  /// Bits that a parameter takes on average, scales included; 0 if there are no parameters.
  public double bitsPerWeight() {
    return parameters == 0 ? 0 : 8.0 * stored.tensorBytes() / parameters;
  }
}
