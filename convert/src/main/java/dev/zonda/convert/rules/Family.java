package dev.zonda.convert.rules;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// A model family: everything that its conversion needs to know, as tables. Made by [#builder].
public final class Family {
  /// Tensors that are in no checkpoint, because they follow from the configuration.
  @FunctionalInterface
  public interface Generated {
    List<Target> of(MetadataRule.Source source) throws FormatException;
  }

  /// The sizes of a layer, where heads differ from layer to layer.
  @FunctionalInterface
  public interface LayerSizes {
    ModelSizes of(ModelSizes sizes, int layer) throws FormatException;
  }

  /// The sizes of a model.
  @FunctionalInterface
  public interface Sizes {
    ModelSizes of(ModelConfig config, RotaryOrder rotary, Fidelity fidelity) throws FormatException;
  }

  /// Whether a family covers a file, where families share a class.
  ///
  /// @param meaning for people
  public record Condition(String meaning, Test test) {
    /// Reads config.json.
    @FunctionalInterface
    public interface Test {
      boolean covers(JsonFields config) throws FormatException;
    }
  }

  /// What llama.cpp's converter (the reference) does with an output matrix in the checkpoint. One
  /// that differs from the embedding is written by default, as transformers uses it, whatever
  /// config.json says.
  public enum OutputMatrix {
    /// The reference writes it.
    WRITE,
    /// The reference leaves it out if it is the same as the embedding.
    SKIP_IF_SAME,
    /// The reference leaves it out if config.json ties it to the embedding.
    SKIP_IF_TIED,
    /// The reference leaves it out.
    SKIP
  }

  private final Builder parts;

  /// What names begin with after the prefix.
  private final Set<String> modules;

  private Family(Builder parts) {
    this.parts = parts;
    this.modules =
        parts.tensors.stream()
            .flatMap(rule -> rule.parts().stream())
            .map(TensorRule.Part::source)
            .filter(name -> name.startsWith(parts.prefix))
            .map(name -> module(name.substring(parts.prefix.length())))
            .collect(Collectors.toUnmodifiableSet());
  }

  /// @param name for people
  /// @param architecture GGUF's name for it
  public static Builder builder(String name, String architecture) {
    return new Builder(name, architecture);
  }

  /// For people.
  public String name() {
    return parts.name;
  }

  /// GGUF's name for it: the prefix of its keys.
  public String architecture() {
    return parts.architecture;
  }

  /// Models of the family, as people know them.
  public List<String> models() {
    return parts.models;
  }

  /// The `model_type`s whose classes in transformers fill in defaults.
  public Set<String> modelTypes() {
    return parts.defaults.keySet();
  }

  /// Whether the family covers its classes for its model types only, since other families cover the
  /// rest.
  public boolean needsModelType() {
    return parts.needsModelType;
  }

  /// What holds for the files that it covers, if other families cover other files of its classes.
  public Optional<Condition> condition() {
    return parts.condition;
  }

  /// What the class of a `model_type` fills in; nothing if the family has no such type. The
  /// reference knows the classes of transformers alone.
  public Defaults defaults(String modelType, Fidelity fidelity) {
    boolean isKnown = fidelity == Fidelity.CORRECTED || !parts.published.contains(modelType);
    return isKnown ? parts.defaults.getOrDefault(modelType, Defaults.NONE) : Defaults.NONE;
  }

  /// Other names that config.json may have for a field.
  public Map<String, List<String>> aliases() {
    return parts.aliases;
  }

  /// Which tensors there are and what becomes of them.
  public List<TensorRule> tensors() {
    return parts.tensors;
  }

  /// The name that a tensor has in most of the family's checkpoints: without the parts that some
  /// insert, and with the prefix, which is missing where the class without an output matrix was
  /// saved.
  public String usualName(String tensorName) {
    String name = tensorName;
    for (Map.Entry<String, String> replacement : parts.renamed) {
      name = name.replace(replacement.getKey(), replacement.getValue());
    }
    return modules.contains(module(name)) ? parts.prefix + name : name;
  }

  private static String module(String name) {
    int end = name.indexOf('.');
    return end < 0 ? name : name.substring(0, end);
  }

  /// How the sizes of a model follow from its configuration.
  public Sizes sizes() {
    return parts.sizes;
  }

  public List<Leftover> leftovers() {
    return parts.leftovers;
  }

  /// What the layers are that config.json does not count, if their tensors are left out.
  public Optional<String> beyondLayers() {
    return parts.beyondLayers;
  }

  /// The layers that predict further tokens, if the reference writes them.
  public Optional<Predictors> predictors() {
    return parts.predictors;
  }

  /// [#usualName] with the number that a layer has in the file.
  ///
  /// @param layers of the network itself
  public String numberedName(String tensorName, int layers) {
    String name = usualName(tensorName);
    return parts.predictors.map(all -> all.naming().numbered(name, layers)).orElse(name);
  }

  /// The number of a tensor's layer; -1 if it is of none.
  ///
  /// @param layers of the network itself
  public int layer(String tensorName, int layers) {
    return TensorName.of(numberedName(tensorName, layers)).layer();
  }

  /// Whether what chooses experts has the type of matrices, as the reference writes it.
  ///
  /// @param target its name in the file
  public boolean hasRouterLikeMatrices(String target, ModelSizes sizes) throws FormatException {
    return parts.routersLikeMatrices.include(TensorName.of(target).layer(), sizes);
  }

  /// The sizes of each layer.
  public LayerSizes layerSizes() {
    return parts.layerSizes;
  }

  public OutputMatrix outputMatrix() {
    return parts.outputMatrix;
  }

  /// Keys that stand before all others except the architecture.
  public List<MetadataRule> preamble() {
    return parts.preamble;
  }

  /// The family's keys, in the file's order.
  public List<MetadataRule> metadata() {
    return parts.metadata;
  }

  /// Keys after that of the pooling.
  public List<MetadataRule> metadataAfterPooling() {
    return parts.metadataAfterPooling;
  }

  /// What the embedding becomes where it is also the output matrix and llama.cpp needs one.
  public Transform tiedOutput() {
    return parts.tiedOutput;
  }

  /// Keys that are arrays of a number per layer, each of which is a tensor in the checkpoint: the
  /// names that its targets have in a layer.
  public Set<String> layerNumbers() {
    return parts.layerNumbers;
  }

  /// How its checkpoints keep their vocabularies.
  public VocabularyForm vocabulary() {
    return parts.vocabulary;
  }

  public Generated generated() {
    return parts.generated;
  }

  /// How it uses rotary embedding.
  public RopeStyle rope() {
    return parts.rope;
  }

  /// How many pairs of a head turn with the time, the height and the width of an image, where
  /// config.json does not say; empty if all turn with the position in the text.
  public List<Long> rotarySections() {
    return parts.rotarySections;
  }

  /// Fields of config.json that its network does not read, and that mean nothing to others.
  public Set<String> unusedFields() {
    return parts.unusedFields;
  }

  /// Collects the parts of a family; what is not given is empty.
  public static final class Builder {
    private final String name;
    private final String architecture;
    private List<String> models = List.of();
    private String prefix = "model.";
    private final Map<String, Defaults> defaults = new HashMap<>();
    private final Set<String> published = new HashSet<>();
    private boolean needsModelType;
    private Optional<Condition> condition = Optional.empty();
    private Map<String, List<String>> aliases = Map.of();
    private List<TensorRule> tensors = List.of();
    private final List<Map.Entry<String, String>> renamed = new ArrayList<>();
    private List<Leftover> leftovers = CommonTensors.BUFFERS;
    private Optional<String> beyondLayers = Optional.empty();
    private Optional<Predictors> predictors = Optional.empty();
    private OutputMatrix outputMatrix = OutputMatrix.WRITE;
    private List<MetadataRule> preamble = List.of();
    private List<MetadataRule> metadata = List.of();
    private List<MetadataRule> metadataAfterPooling = List.of();
    private Transform tiedOutput = Transform.NONE;
    private Set<String> layerNumbers = Set.of();
    private VocabularyForm vocabulary = VocabularyForm.BYTES;
    private Generated generated = source -> List.of();
    private TensorRule.Layers routersLikeMatrices = TensorRule.Layers.allBut(TensorRule.Layers.ALL);
    private LayerSizes layerSizes = ModelSizes::at;
    private Sizes sizes = ModelSizes::of;
    private RopeStyle rope = RopeStyle.USUAL;
    private List<Long> rotarySections = List.of();
    private Set<String> unusedFields = Set.of();

    private Builder(String name, String architecture) {
      this.name = name;
      this.architecture = architecture;
    }

    /// Takes over everything of another family except its models and their defaults. It must be
    /// called first: later calls replace parts of it.
    public Builder like(Family other) {
      Builder from = other.parts;
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

    public Builder models(String... names) {
      models = List.of(names);
      return this;
    }

    /// What the names of most tensors begin with, if it is not `model.`.
    public Builder prefix(String start) {
      prefix = start;
      return this;
    }

    /// Defaults of these model types. Files of types that have none are read as they stand.
    public Builder defaults(Defaults values, String... types) {
      for (String type : types) {
        defaults.put(type, values);
      }
      return this;
    }

    /// Defaults that the reference does not know: of types whose classes are published with the
    /// models, and are not in transformers, or where its converter takes config.json alone.
    public Builder publishedDefaults(Defaults values, String... types) {
      published.addAll(List.of(types));
      return defaults(values, types);
    }

    /// Other families cover the same classes, for other model types.
    public Builder onlyModelTypes() {
      needsModelType = true;
      return this;
    }

    /// Other families cover the same classes, for other files.
    public Builder only(Condition files) {
      condition = Optional.of(files);
      return this;
    }

    public Builder aliases(Map<String, List<String>> names) {
      aliases = names;
      return this;
    }

    @SafeVarargs
    public final Builder tensors(List<TensorRule>... rules) {
      List<TensorRule> all = new ArrayList<>();
      for (List<TensorRule> part : rules) {
        all.addAll(part);
      }
      tensors = List.copyOf(all);
      return this;
    }

    /// Replaces a part of tensors' names.
    public Builder rename(String part, String replacement) {
      renamed.add(Map.entry(part, replacement));
      return this;
    }

    /// Tensors to leave out; if none are given, the buffers that old checkpoints saved under
    /// Llama's names.
    public Builder leftovers(List<Leftover> patterns) {
      leftovers = patterns;
      return this;
    }

    public Builder beyondLayers(String what) {
      beyondLayers = Optional.of(what);
      return this;
    }

    /// Layers that predict further tokens, which the reference writes.
    public Builder predictors(Predictors layers) {
      predictors = Optional.of(layers);
      beyondLayers = Optional.empty();
      return this;
    }

    public Builder outputMatrix(OutputMatrix policy) {
      outputMatrix = policy;
      return this;
    }

    public Builder preamble(MetadataRule... rules) {
      preamble = List.of(rules);
      return this;
    }

    public Builder metadata(MetadataRule... rules) {
      metadata = List.of(rules);
      return this;
    }

    /// Rules after those of [#like].
    public Builder moreMetadata(MetadataRule... rules) {
      List<MetadataRule> all = new ArrayList<>(metadata);
      all.addAll(List.of(rules));
      metadata = List.copyOf(all);
      return this;
    }

    /// Keys that stand after the one that says how vectors of all tokens become one.
    public Builder metadataAfterPooling(MetadataRule... rules) {
      metadataAfterPooling = List.of(rules);
      return this;
    }

    /// What is done to the embedding, as it is written, to make an output matrix of it.
    public Builder tiedOutput(Transform transform) {
      tiedOutput = transform;
      return this;
    }

    /// Targets of one number in each layer that are kept as arrays, in keys of these names.
    public Builder layerNumbers(String... keys) {
      layerNumbers = Set.of(keys);
      return this;
    }

    /// How vocabularies are kept; if this is not given, as byte-level byte pairs.
    public Builder vocabulary(VocabularyForm form) {
      vocabulary = form;
      return this;
    }

    public Builder generated(Generated tensors) {
      generated = tensors;
      return this;
    }

    /// What chooses experts has the type of matrices in some layers, instead of single precision.
    public Builder routersLikeMatrices(TensorRule.Layers layers) {
      routersLikeMatrices = layers;
      return this;
    }

    /// No layer attends.
    public Builder withoutHeads() {
      sizes = ModelSizes::withoutHeads;
      return this;
    }

    /// How the sizes of a model follow from its configuration, if not as usual.
    public Builder sizes(Sizes ofConfig) {
      sizes = ofConfig;
      return this;
    }

    /// Heads of layers, if they are not all alike.
    public Builder layerSizes(LayerSizes ofLayers) {
      layerSizes = ofLayers;
      return this;
    }

    public Builder rope(RopeStyle style) {
      rope = style;
      return this;
    }

    /// Pairs of a head that turn with the time, the height and the width of an image, where
    /// config.json does not say. Of a text, all are the same.
    public Builder rotarySections(long time, long height, long width) {
      rotarySections = List.of(time, height, width);
      return this;
    }

    /// Fields of published files that mean nothing to its class in transformers, nor to GGUF.
    public Builder unusedFields(String... names) {
      unusedFields = Set.of(names);
      return this;
    }

    public Family build() {
      return new Family(this);
    }
  }
}
