package dev.zonda.convert.rules;

import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Collects the parts of a family; what is not given is empty.
public final class FamilyBuilder {
  final String name;
  final String architecture;
  List<String> models = List.of();
  String prefix = "model.";
  final Map<String, Defaults> defaults = new HashMap<>();
  final Set<String> published = new HashSet<>();
  boolean needsModelType;
  Optional<Family.Condition> condition = Optional.empty();
  Map<String, List<String>> aliases = Map.of();
  List<TensorRule> tensors = List.of();
  final List<Map.Entry<String, String>> renamed = new ArrayList<>();
  List<Leftover> leftovers = CommonTensors.BUFFERS;
  Optional<String> beyondLayers = Optional.empty();
  Optional<Predictors> predictors = Optional.empty();
  Family.OutputMatrix outputMatrix = Family.OutputMatrix.WRITE;
  List<MetadataRule> preamble = List.of();
  List<MetadataRule> metadata = List.of();
  List<MetadataRule> metadataAfterPooling = List.of();
  Transform tiedOutput = Transform.NONE;
  Set<String> layerNumbers = Set.of();
  VocabularyForm vocabulary = VocabularyForm.BYTES;
  Family.Generated generated = source -> List.of();
  TensorRule.Layers routersLikeMatrices = TensorRule.Layers.allBut(TensorRule.Layers.ALL);
  Family.LayerSizes layerSizes = ModelSizes::at;
  Family.Sizes sizes = ModelSizes::of;
  RopeStyle rope = RopeStyle.USUAL;
  List<Long> rotarySections = List.of();
  Set<String> unusedFields = Set.of();

  FamilyBuilder(String name, String architecture) {
    this.name = name;
    this.architecture = architecture;
  }

  /// Takes over everything of another family except its models and their defaults. It must be
  /// called first: later calls replace parts of it.
  public FamilyBuilder like(Family other) {
    FamilyBuilder from = other.parts;
    prefix = from.prefix;
    aliases = from.aliases;
    tensors = from.tensors;
    renamed.addAll(from.renamed);
    leftovers = from.leftovers;
    beyondLayers = from.beyondLayers;
    predictors = from.predictors;
    outputMatrix = from.outputMatrix;
    preamble = from.preamble;
    metadata = from.metadata;
    metadataAfterPooling = from.metadataAfterPooling;
    tiedOutput = from.tiedOutput;
    layerNumbers = from.layerNumbers;
    vocabulary = from.vocabulary;
    generated = from.generated;
    layerSizes = from.layerSizes;
    sizes = from.sizes;
    routersLikeMatrices = from.routersLikeMatrices;
    rope = from.rope;
    rotarySections = from.rotarySections;
    unusedFields = from.unusedFields;
    return this;
  }

  public FamilyBuilder models(String... names) {
    models = List.of(names);
    return this;
  }

  /// What the names of most tensors begin with, if it is not `model.`.
  public FamilyBuilder prefix(String start) {
    prefix = start;
    return this;
  }

  /// Defaults of these model types. Files of types that have none are read as they stand.
  public FamilyBuilder defaults(Defaults values, String... types) {
    for (String type : types) {
      defaults.put(type, values);
    }
    return this;
  }

  /// Defaults that the reference does not know: of types whose classes are published with the
  /// models, and are not in transformers, or where its converter takes config.json alone.
  public FamilyBuilder publishedDefaults(Defaults values, String... types) {
    published.addAll(List.of(types));
    return defaults(values, types);
  }

  /// Other families cover the same classes, for other model types.
  public FamilyBuilder onlyModelTypes() {
    needsModelType = true;
    return this;
  }

  /// Other families cover the same classes, for other files.
  public FamilyBuilder only(Family.Condition files) {
    condition = Optional.of(files);
    return this;
  }

  public FamilyBuilder aliases(Map<String, List<String>> names) {
    aliases = names;
    return this;
  }

  @SafeVarargs
  public final FamilyBuilder tensors(List<TensorRule>... rules) {
    List<TensorRule> all = new ArrayList<>();
    for (List<TensorRule> part : rules) {
      all.addAll(part);
    }
    tensors = List.copyOf(all);
    return this;
  }

  /// Replaces a part of tensors' names.
  public FamilyBuilder rename(String part, String replacement) {
    renamed.add(Map.entry(part, replacement));
    return this;
  }

  /// Tensors to leave out; if none are given, the buffers that old checkpoints saved under Llama's
  /// names.
  public FamilyBuilder leftovers(List<Leftover> patterns) {
    leftovers = patterns;
    return this;
  }

  public FamilyBuilder beyondLayers(String what) {
    beyondLayers = Optional.of(what);
    return this;
  }

  /// Layers that predict further tokens, which the reference writes.
  public FamilyBuilder predictors(Predictors layers) {
    predictors = Optional.of(layers);
    beyondLayers = Optional.empty();
    return this;
  }

  public FamilyBuilder outputMatrix(Family.OutputMatrix policy) {
    outputMatrix = policy;
    return this;
  }

  public FamilyBuilder preamble(MetadataRule... rules) {
    preamble = List.of(rules);
    return this;
  }

  public FamilyBuilder metadata(MetadataRule... rules) {
    metadata = List.of(rules);
    return this;
  }

  /// Rules after those of [#like].
  public FamilyBuilder moreMetadata(MetadataRule... rules) {
    List<MetadataRule> all = new ArrayList<>(metadata);
    all.addAll(List.of(rules));
    metadata = List.copyOf(all);
    return this;
  }

  /// Keys that stand after the one that says how vectors of all tokens become one.
  public FamilyBuilder metadataAfterPooling(MetadataRule... rules) {
    metadataAfterPooling = List.of(rules);
    return this;
  }

  /// What is done to the embedding, as it is written, to make an output matrix of it.
  public FamilyBuilder tiedOutput(Transform transform) {
    tiedOutput = transform;
    return this;
  }

  /// Targets of one number in each layer that are kept as arrays, in keys of these names.
  public FamilyBuilder layerNumbers(String... keys) {
    layerNumbers = Set.of(keys);
    return this;
  }

  /// How vocabularies are kept; if this is not given, as byte-level byte pairs.
  public FamilyBuilder vocabulary(VocabularyForm form) {
    vocabulary = form;
    return this;
  }

  public FamilyBuilder generated(Family.Generated tensors) {
    generated = tensors;
    return this;
  }

  /// What chooses experts has the type of matrices in some layers, instead of single precision.
  public FamilyBuilder routersLikeMatrices(TensorRule.Layers layers) {
    routersLikeMatrices = layers;
    return this;
  }

  /// No layer attends.
  public FamilyBuilder withoutHeads() {
    sizes = ModelSizes::withoutHeads;
    return this;
  }

  /// How the sizes of a model follow from its configuration, if not as usual.
  public FamilyBuilder sizes(Family.Sizes ofConfig) {
    sizes = ofConfig;
    return this;
  }

  /// Heads of layers, if they are not all alike.
  public FamilyBuilder layerSizes(Family.LayerSizes ofLayers) {
    layerSizes = ofLayers;
    return this;
  }

  public FamilyBuilder rope(RopeStyle style) {
    rope = style;
    return this;
  }

  /// Pairs of a head that turn with the time, the height and the width of an image, where
  /// config.json does not say. Of a text, all are the same.
  public FamilyBuilder rotarySections(long time, long height, long width) {
    rotarySections = List.of(time, height, width);
    return this;
  }

  /// Fields of published files that mean nothing to its class in transformers, nor to GGUF.
  public FamilyBuilder unusedFields(String... names) {
    unusedFields = Set.of(names);
    return this;
  }

  public Family build() {
    return new Family(this);
  }
}
