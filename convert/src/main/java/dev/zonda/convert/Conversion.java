package dev.zonda.convert;

import dev.zonda.convert.card.GeneralMetadata;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.families.Family;
import dev.zonda.convert.families.MetadataRule;
import dev.zonda.convert.families.ModelSizes;
import dev.zonda.convert.families.TensorMap;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.convert.tokenizers.VocabularySource;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.ShardedCheckpoint;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Plans the GGUF file of a checkpoint folder. Reads headers, configuration and vocabulary, no
/// weights.
public final class Conversion {
  private static final String CONFIG = "config.json";
  private static final long QUANTIZATION_VERSION = 2;

  private final CheckpointFolder folder;
  private final Checkpoint weights;
  private final ConversionOptions options;
  private final Notes notes = new Notes();
  private final JsonFields config;

  private Conversion(CheckpointFolder folder, ConversionOptions options) throws IOException {
    this.folder = folder;
    this.weights = folder.weights();
    this.options = options;
    Path file = folder.path().resolve(CONFIG);
    this.config =
        JsonFields.of(
            file,
            folder
                .json(CONFIG)
                .orElseThrow(() ->
                    FormatException.in(
                        folder.path(), "has no config.json: not a checkpoint folder")));
  }

  /// Opens a checkpoint folder as the GGUF model that it becomes. Closing it closes the folder.
  ///
  /// @throws FormatException if it is of no known family, or its files contradict each other
  public static Blueprint open(Path path, ConversionOptions options) throws IOException {
    CheckpointFolder folder = CheckpointFolder.open(path);
    try {
      return new Conversion(folder, options).plan();
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private Blueprint plan() throws IOException {
    Family family = Families.of(config);
    if (config.has("quantization_config")) {
      throw config.problem(
          "quantization_config", "is set: weights that are quantized already cannot be converted");
    }
    ModelConfig typed = typed(family);
    ModelSizes sizes = ModelSizes.of(typed);
    TensorMap map = new TensorMap(weights.path(), family, sizes);
    map.requireAll(weights);
    TiedEmbeddings.check(config, weights, notes);

    List<List<TensorInfo>> files = filesInOrder();
    TensorType matrices = options.type().type().orElseGet(() -> commonType(files));
    List<TensorSpec> specs = new ArrayList<>();
    List<Integer> tensorCounts = new ArrayList<>();
    Map<String, Expression> values = new HashMap<>();
    for (List<TensorInfo> sources : files) {
      int before = specs.size();
      for (TensorInfo source : sources) {
        requireFloats(source);
        Optional<TensorMap.Target> target = map.target(weights, source);
        if (target.isPresent()) {
          String name = target.get().name();
          TensorType type = isMatrix(name, source) ? matrices : TensorType.F32;
          values.put(name, target.get().values().as(type));
          specs.add(new TensorSpec(name, type, source.shape()));
        }
      }
      tensorCounts.add(specs.size() - before);
    }
    Metadata metadata = metadata(family, typed, sizes, matrices, specs);
    return new Blueprint(
        folder,
        GgufLayout.plan(metadata, specs),
        tensorCounts,
        values,
        OutputType.of(matrices),
        notes.list());
  }

  /// The configuration with the defaults of its class, if that is the family's own: transformers
  /// reads files of other classes as they stand.
  private ModelConfig typed(Family family) throws FormatException {
    boolean own = config.text("model_type").equals(Optional.of(family.modelType()));
    return new ModelConfig(config, own ? family.defaults().of(config) : Map.of());
  }

  private Metadata metadata(
      Family family,
      ModelConfig typed,
      ModelSizes sizes,
      TensorType matrices,
      List<TensorSpec> specs)
      throws IOException {
    Metadata.Builder metadata = Metadata.builder();
    metadata.putText("general.architecture", family.architecture());
    metadata.putText("general.type", "model");
    long parameters = 0;
    for (TensorSpec spec : specs) {
      parameters = Math.addExact(parameters, spec.shape().elements());
    }
    GeneralMetadata.write(metadata, folder, config, parameters, notes);
    MetadataRule.Source source =
        new MetadataRule.Source(
            family.architecture(),
            typed,
            sizes,
            OutputType.of(matrices).fileType(),
            options.fidelity(),
            notes);
    for (MetadataRule rule : family.metadata()) {
      rule.write(source, metadata);
    }
    metadata.putUint32("general.quantization_version", QUANTIZATION_VERSION);
    new VocabularySource(
            folder, config, sizes.vocabulary(), options.preTokenizer(), options.fidelity(), notes)
        .write(VocabularyForm.LLAMA, metadata);
    Metadata built = metadata.build();
    WholeCharacters.require(built, folder.path());
    return built;
  }

  /// The reference's order: file by file, the tensors of safetensors by name.
  private List<List<TensorInfo>> filesInOrder() {
    List<? extends Checkpoint> files =
        weights instanceof ShardedCheckpoint sharded ? sharded.shards() : List.of(weights);
    return files.stream().map(Conversion::inOrder).toList();
  }

  private static List<TensorInfo> inOrder(Checkpoint file) {
    return file instanceof SafetensorsFile
        ? file.tensors().stream().sorted(Comparator.comparing(TensorInfo::name)).toList()
        : file.tensors();
  }

  /// The type of the first 16-bit matrix. What config.json says about it is not reliable.
  private TensorType commonType(List<List<TensorInfo>> files) {
    for (List<TensorInfo> sources : files) {
      for (TensorInfo source : sources) {
        boolean is16Bit = source.type() == TensorType.BF16 || source.type() == TensorType.F16;
        if (is16Bit && source.shape().rank() >= 2) {
          return source.type();
        }
      }
    }
    notes.add("the checkpoint has no 16-bit matrices: auto is F16 (-t F32 keeps all digits)");
    return TensorType.F16;
  }

  private void requireFloats(TensorInfo tensor) throws FormatException {
    switch (tensor.type()) {
      case F32, F16, BF16 -> {
        // These are converted.
      }
      default ->
          throw FormatException.in(
              weights.path(),
              "tensor '%s' is of type %s, expected F32, F16 or BF16"
                  .formatted(tensor.name(), tensor.type()));
    }
  }

  /// Vectors and norms stay in single precision.
  private static boolean isMatrix(String name, TensorInfo source) {
    return source.shape().rank() >= 2 && name.endsWith(".weight") && !name.endsWith("_norm.weight");
  }
}
