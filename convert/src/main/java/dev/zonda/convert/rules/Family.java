package dev.zonda.convert.rules;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
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

  final FamilyBuilder parts;

  /// What names begin with after the prefix.
  private final Set<String> modules;

  Family(FamilyBuilder parts) {
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
  public static FamilyBuilder builder(String name, String architecture) {
    return new FamilyBuilder(name, architecture);
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
}
