package dev.zonda.convert;

import dev.zonda.convert.card.GeneralMetadata;
import dev.zonda.convert.card.ParameterCount;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.config.TextPart;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.layouts.Layout;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.rules.TensorMap;
import dev.zonda.convert.sources.SourceTensor;
import dev.zonda.convert.sources.SourceTensors;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.convert.tokenizers.VocabularySource;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.checkpoint.WeightChoice;
import dev.zonda.formats.checkpoint.WeightNames;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.io.Links;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Plans the GGUF file of a checkpoint folder. Reads headers, configuration and vocabulary, no
/// weights.
public final class Conversion {
  private static final long QUANTIZATION_VERSION = 2;

  /// llama.cpp's number of files whose experts are in MXFP4, whatever the rest is in.
  private static final int MOSTLY_MXFP4 = 38;

  private static final String ROUTER = ".ffn_gate_inp.weight";

  /// Ends of names of tensors that are F32 whatever their shape.
  private static final List<String> SINGLE_PRECISION =
      List.of(
          "_norm.weight",
          ROUTER,
          ".ffn_gate_inp_shexp.weight",
          "position_embd.weight",
          ".ssm_conv1d.weight",
          ".ssm_conv1d_q.weight",
          ".ssm_conv1d_k.weight",
          ".ssm_conv1d_v.weight",
          ".shortconv.conv.weight",
          ".altup_correct_coef.weight",
          ".altup_predict_coef.weight");

  private final CheckpointFolder folder;
  private final Checkpoint weights;
  private final ConversionOptions options;
  private final Notes notes = new Notes();
  private final Layout layout;
  private final JsonFields config;

  private Conversion(CheckpointFolder folder, ConversionOptions options) throws IOException {
    this.folder = folder;
    this.weights = folder.weights();
    this.options = options;
    this.layout = Layout.of(folder, options.fidelity(), notes);
    this.config = layout.config();
  }

  /// Opens a checkpoint folder as the GGUF model that it becomes. Closing it closes the folder.
  ///
  /// @throws FormatException if it is of no known family, or its files contradict each other
  public static Blueprint open(Path path, ConversionOptions options) throws IOException {
    // An unknown family is reported before any weight is looked at.
    CheckpointFolder folder =
        CheckpointFolder.open(
            path,
            options.links(),
            switch (options.fidelity()) {
              case CORRECTED -> WeightChoice.TRANSFORMERS;
              case AS_REFERENCE -> WeightChoice.REFERENCE;
            },
            (file, config) -> requireFamily(path, options.links(), JsonFields.of(file, config)));
    try {
      return new Conversion(folder, options).plan();
    } catch (UncheckedIOException e) {
      folder.close();
      throw e.getCause();
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private static void requireFamily(Path path, Links links, JsonFields config)
      throws FormatException {
    Optional<String> unknown = Families.unknownClass(config);
    if (unknown.isPresent()) {
      throw NearestFamily.refusal(path, links, config, unknown.get());
    }
    Families.of(config);
  }

  private Blueprint plan() throws IOException {
    Family family = Families.of(config);
    folder.contradiction().ifPresent(notes::add);
    ForeignWeights.refuse(folder, config);
    ModelConfig typed = typed(family);
    ModelSizes network = family.sizes().of(typed, layout.rotary(), options.fidelity());
    PredictorTensors predictors =
        new PredictorTensors(
            weights.path(),
            family,
            layout.names(),
            network.layers(),
            options.predictors(),
            options.fidelity());
    ModelSizes sizes = network.with(predictors.found(names(family), typed, notes));
    Predicate<String> isWanted = name -> isWanted(family, name) && predictors.isWanted(name);
    List<SourceTensor> sources = SourceTensors.of(weights, config, isWanted, order(family), notes);
    Optional<TensorType> matrices = matrices(isWanted, order(family));
    MetadataRule.Source source =
        new MetadataRule.Source(
            family,
            typed,
            sizes,
            fileType(sources, matrices),
            options.fidelity(),
            notes,
            Metadata.builder());
    TensorMap map =
        new TensorMap(weights.path(), family, sizes, layout.names(), options.fidelity());
    List<Target> found = new ArrayList<>(family.generated().of(source));
    LayerNumbers numbers = LayerNumbers.of(family, map.apply(sources, notes));
    found.addAll(TiedEmbeddings.check(typed, family, numbers.targets(), options.fidelity(), notes));
    boolean isReranker = Reranker.isAt(folder, id(), source);
    if (isReranker) {
      found = Reranker.classified(folder, source, found, tokens(family, source));
    }
    LoadableTensors loadable = LoadableTensors.of(source, found, map.unannounced());
    List<Target> targets = loadable.targets();
    noteLeftovers(family);

    HalfPrecision.note(targets, options.fidelity(), notes);

    List<TensorSpec> specs = new ArrayList<>();
    Integer[] counts = new Integer[SourceTensors.files(weights).size()];
    Arrays.fill(counts, 0);
    Map<String, Expression> values = new HashMap<>();
    for (Target target : targets) {
      Expression plain = HalfPrecision.written(target.values(), options.fidelity());
      TensorType type = type(source, target.name(), plain, matrices);
      values.put(target.name(), plain.as(type));
      specs.add(new TensorSpec(target.name(), type, plain.shape()));
      counts[target.file()]++;
    }
    Metadata metadata = metadata(family, source, numbers.arrays(), specs, isReranker);
    UnusedFiles.note(folder, notes);
    UnreadFields.note(layout.said(), family, notes);
    return new Blueprint(
        folder,
        GgufLayout.plan(metadata, specs),
        source.unwritten().build(),
        List.of(counts),
        values,
        matrices.map(OutputType::of).orElse(OutputType.EXACT),
        () -> vocabulary(source, notes).tokenizer(vocabularyForm(family), metadata),
        loadable.obstacle().or(() -> obstacle(numbers, family)),
        notes.list());
  }

  private Optional<String> obstacle(LayerNumbers numbers, Family family) {
    return options.fidelity() == Fidelity.AS_REFERENCE
        ? Optional.empty()
        : numbers.obstacle(family);
  }

  private static OptionalInt fileType(List<SourceTensor> sources, Optional<TensorType> matrices) {
    boolean hasMxfp4 =
        sources.stream().anyMatch(source -> source.values().type() == TensorType.MXFP4);
    if (hasMxfp4) {
      return OptionalInt.of(MOSTLY_MXFP4);
    }
    return matrices.isPresent()
        ? OptionalInt.of(OutputType.of(matrices.get()).fileType())
        : OptionalInt.empty();
  }

  /// The configuration with the defaults of its class, if that is the family's own: transformers
  /// reads files of other classes as they stand.
  private ModelConfig typed(Family family) throws FormatException {
    JsonFields text = TextPart.of(config);
    Defaults ofClass =
        text.text("model_type")
            .map(type -> family.defaults(type, options.fidelity()))
            .orElse(Defaults.NONE);
    return new ModelConfig(text, ofClass.values(text), family.aliases());
  }

  /// What the model is called where its files do not say. llama.cpp's converter (the reference)
  /// takes the folder's name, which in the cache of the Hugging Face hub is a revision.
  private String id() {
    return switch (options.fidelity()) {
      case CORRECTED -> folder.repository().orElse(folder.name());
      case AS_REFERENCE -> folder.name();
    };
  }

  /// The keys of the vocabulary alone.
  private Metadata tokens(Family family, MetadataRule.Source source) throws IOException {
    Metadata.Builder metadata = Metadata.builder();
    vocabulary(source, new Notes()).write(vocabularyForm(family), metadata);
    return metadata.build();
  }

  private Metadata metadata(
      Family family,
      MetadataRule.Source source,
      Metadata numbers,
      List<TensorSpec> specs,
      boolean isReranker)
      throws IOException {
    Metadata.Builder metadata = Metadata.builder();
    metadata.putText("general.architecture", family.architecture());
    metadata.putAll(numbers.entries());
    for (MetadataRule rule : family.preamble()) {
      rule.write(source, metadata);
    }
    metadata.putText("general.type", "model");
    new GeneralMetadata(folder, id(), config, ParameterCount.of(specs), options.overrides())
        .write(metadata, notes);
    for (MetadataRule rule : family.metadata()) {
      rule.write(source, metadata);
    }
    if (isReranker) {
      Reranker.write(source, metadata);
    } else {
      Pooling.write(folder, source, metadata);
    }
    SuppressedTokens.write(folder, source, metadata);
    for (MetadataRule rule : family.metadataAfterPooling()) {
      rule.write(source, metadata);
    }
    for (MetadataRule rule : layout.metadata()) {
      rule.write(source, metadata);
    }
    metadata.putUint32("general.quantization_version", QUANTIZATION_VERSION);
    vocabulary(source, notes).write(vocabularyForm(family), metadata);
    Metadata built = metadata.build();
    WholeCharacters.require(built, folder.path());
    return built;
  }

  /// The names by which tensors are sorted in the output: those that are usual in Hugging Face's
  /// layout, so that a checkpoint becomes the same file in every spelling. The reference sorts by
  /// those in the file.
  private UnaryOperator<String> order(Family family) {
    boolean isOwn =
        options.fidelity() == Fidelity.AS_REFERENCE || folder.names() == WeightNames.CONSOLIDATED;
    return isOwn ? UnaryOperator.identity() : name -> family.usualName(layout.names().apply(name));
  }

  private VocabularySource vocabulary(MetadataRule.Source source, Notes said) {
    return new VocabularySource(
        folder,
        config,
        source.sizes().vocabulary(),
        options.preTokenizer(),
        options.fidelity(),
        said);
  }

  private VocabularyForm vocabularyForm(Family family) {
    return layout.vocabulary().orElse(family.vocabulary());
  }

  private boolean isWanted(Family family, String name) {
    return leftovers(family).noneMatch(leftover -> leftover.covers(layout.names().apply(name)));
  }

  private Stream<Leftover> leftovers(Family family) {
    return Stream.concat(family.leftovers().stream(), layout.leftovers().stream());
  }

  /// The model's tensors without its leftovers.
  private List<String> names(Family family) {
    return weights.tensors().stream()
        .map(TensorInfo::name)
        .filter(name -> isWanted(family, name))
        .toList();
  }

  private void noteLeftovers(Family family) {
    for (Leftover leftover : leftovers(family).toList()) {
      long count =
          weights.tensors().stream()
              .filter(tensor -> leftover.covers(layout.names().apply(tensor.name())))
              .count();
      if (count > 0) {
        notes.add(
            "%d tensors '%s' are left out: %s"
                .formatted(count, leftover.pattern(), leftover.what()));
      }
    }
  }

  /// The type of all matrices; empty if each keeps its own.
  private Optional<TensorType> matrices(Predicate<String> isWanted, UnaryOperator<String> order) {
    return switch (options.type()) {
      case F32, F16, BF16 -> options.type().type();
      case AUTO -> Optional.of(commonType(isWanted, order));
      case EXACT -> Optional.empty();
    };
  }

  private TensorType commonType(Predicate<String> isWanted, UnaryOperator<String> order) {
    Optional<TensorType> half = SourceTensors.halfType(weights, isWanted, order);
    if (half.isEmpty()) {
      notes.add("the checkpoint has no 16-bit matrices: auto means F16 (-t F32 keeps all digits)");
    }
    return half.orElse(TensorType.F16);
  }

  /// Quantized tensors stay as they are.
  private static TensorType type(
      MetadataRule.Source source, String name, Expression values, Optional<TensorType> matrices)
      throws FormatException {
    if (values.type().isQuantized()) {
      return values.type();
    }
    return isMatrix(source, name, values) ? matrices.orElse(values.type()) : TensorType.F32;
  }

  /// Vectors, norms and what chooses experts or positions are in single precision.
  private static boolean isMatrix(MetadataRule.Source source, String name, Expression values)
      throws FormatException {
    return values.shape().rank() >= 2
        && name.endsWith(".weight")
        && (SINGLE_PRECISION.stream().noneMatch(name::endsWith)
            || (name.endsWith(ROUTER)
                && source.family().hasRouterLikeMatrices(name, source.sizes())));
  }
}
