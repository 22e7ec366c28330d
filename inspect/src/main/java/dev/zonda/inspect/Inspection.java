package dev.zonda.inspect;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.checkpoint.ShardedCheckpoint;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What a checkpoint contains.
///
/// @param path what was looked at
/// @param format of the tensors, for example `GGUF v3`
/// @param part which file of a split model it is, if the others are not there
/// @param facts what the model says about itself
/// @param quantization how a folder's weights are quantized, in words
/// @param vocabulary how it turns text into tokens
/// @param parameters values in all tensors; of quantized folders those that they stand for
/// @param bytes size of all files with tensors
/// @param tensorBytes size of the tensors' data
/// @param types how they share them out
/// @param files with tensors
/// @param metadata of the tensor files; strings in a file may be hostile to a terminal
/// @param configuration `config.json`, where a folder has one
/// @param tensors in file order
public record Inspection(
    Path path,
    String format,
    Optional<Part> part,
    ModelFacts facts,
    Optional<String> quantization,
    Optional<VocabularyFacts> vocabulary,
    long parameters,
    long bytes,
    long tensorBytes,
    List<TypeShare> types,
    List<InspectedFile> files,
    Metadata metadata,
    Optional<JsonNode> configuration,
    List<TensorInfo> tensors) {

  public Inspection {
    types = List.copyOf(types);
    files = List.copyOf(files);
    tensors = List.copyOf(tensors);
  }

  /// A file of a split model.
  ///
  /// @param number from 1 on
  /// @param of how many there are
  public record Part(long number, long of) {}

  /// A file with tensors.
  ///
  /// @param path where it lies
  /// @param bytes its size
  /// @param sha256 of the whole file, if it was asked for
  public record InspectedFile(Path path, long bytes, Optional<String> sha256) {}

  /// A file of tensors, or several that belong together. Only GGUF says what model it is.
  public static Inspection of(Checkpoint checkpoint) throws IOException {
    return of(
        checkpoint.path(),
        checkpoint,
        filesOf(checkpoint),
        ModelFacts.ofMetadata(checkpoint.metadata()),
        Optional.empty());
  }

  /// The same with what only a conversion tells of a folder: its vocabulary, and how many
  /// parameters quantized tensors stand for.
  ///
  /// @param model that the folder becomes
  public Inspection with(GgufModel model) {
    return new Inspection(
        path,
        format,
        part,
        facts,
        quantization,
        VocabularyFacts.of(model.metadata()),
        quantization.isEmpty()
            ? parameters
            : model.tensors().stream()
                .mapToLong(tensor -> tensor.shape().elements())
                .reduce(0, Math::addExact),
        bytes,
        tensorBytes,
        types,
        files,
        metadata,
        configuration,
        tensors);
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
    return of(folder.path(), folder.weights(), files, facts, configuration);
  }

  private static List<Path> filesOf(Checkpoint checkpoint) {
    return switch (checkpoint) {
      case GgufFile gguf -> gguf.files();
      case ShardedCheckpoint sharded -> sharded.shards().stream().map(Checkpoint::path).toList();
      default -> List.of(checkpoint.path());
    };
  }

  private static Inspection of(
      Path root,
      Checkpoint checkpoint,
      List<Path> paths,
      ModelFacts facts,
      Optional<JsonNode> configuration)
      throws IOException {
    List<InspectedFile> files = new ArrayList<>();
    for (Path path : paths) {
      files.add(new InspectedFile(path, Files.size(path), Optional.empty()));
    }
    List<TensorInfo> tensors = checkpoint.tensors();
    List<TypeShare> types = TypeShare.of(tensors);
    return new Inspection(
        root,
        checkpoint.format(),
        part(checkpoint.metadata(), paths.size()),
        facts,
        configuration.flatMap(config -> QuantizationText.of(config, tensors)),
        VocabularyFacts.of(checkpoint.metadata()),
        types.stream().mapToLong(TypeShare::parameters).reduce(0, Math::addExact),
        files.stream().mapToLong(InspectedFile::bytes).reduce(0, Math::addExact),
        types.stream().mapToLong(TypeShare::bytes).reduce(0, Math::addExact),
        types,
        files,
        checkpoint.metadata(),
        configuration,
        tensors);
  }

  private static Optional<Part> part(Metadata metadata, int files) {
    long of = metadata.integer("split.count").orElse(1);
    return of > files
        ? Optional.of(new Part(metadata.integer("split.no").orElse(0) + 1, of))
        : Optional.empty();
  }

  /// Bits that a parameter takes on average, scales included; 0 if there are no parameters.
  public double bitsPerWeight() {
    return parameters == 0 ? 0 : 8.0 * tensorBytes / parameters;
  }

  /// The same with the hash of every file, which means reading them whole.
  public Inspection hashed(ProgressListener progress) throws IOException {
    List<InspectedFile> hashed = new ArrayList<>();
    progress.started("hashing", bytes, "bytes");
    for (InspectedFile file : files) {
      String sha256 = FileHash.sha256(file.path(), progress);
      hashed.add(new InspectedFile(file.path(), file.bytes(), Optional.of(sha256)));
    }
    progress.finished();
    return new Inspection(
        path,
        format,
        part,
        facts,
        quantization,
        vocabulary,
        parameters,
        bytes,
        tensorBytes,
        types,
        hashed,
        metadata,
        configuration,
        tensors);
  }
}
