package dev.zonda.quantize;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.pattern.SearchEffort;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Chooses the types of a model's tensors, one after the other: it counts the tensors of each role
/// for the [Mixture], which looks at one tensor only.
final class TypeChooser {
  private final Recipe recipe;
  private final String architecture;
  private final ModelFacts facts;
  private final int attentionValues;
  private final Map<TensorRole, Integer> seen = new EnumMap<>(TensorRole.class);
  private final SearchEffort effort = new SearchEffort();
  private final List<QuantizationPlan.Fallback> fallbacks = new ArrayList<>();
  private final Set<TypeOverrides.Rule> deciding = new HashSet<>();
  private boolean keepsOutput;
  private final Set<TensorRole> decidedEnds = EnumSet.noneOf(TensorRole.class);

  /// @param tensors all tensors, in the order in which their types will be asked for
  /// @throws IllegalArgumentException if the metadata lack what every model states
  TypeChooser(Metadata metadata, List<TensorInfo> tensors, Recipe recipe) {
    this.recipe = recipe;
    this.architecture = metadata.text("general.architecture").orElse("");
    boolean output = tensors.stream().anyMatch(tensor -> role(tensor) == TensorRole.OUTPUT);
    this.facts =
        ModelFacts.of(
            Architectures.isKnown(architecture) ? metadata : withLayers(metadata, tensors),
            output ? ModelFacts.Embeddings.SEPARATE : ModelFacts.Embeddings.TIED,
            recipe.importance().isPresent()
                ? ModelFacts.Weighting.GIVEN
                : ModelFacts.Weighting.NONE);
    this.attentionValues =
        (int) tensors.stream().filter(t -> role(t) == TensorRole.ATTENTION_VALUE).count();
  }

  /// An unknown architecture may number its layers as it likes.
  private static Metadata withLayers(Metadata metadata, List<TensorInfo> tensors) {
    String key = metadata.text("general.architecture").orElse("") + ".block_count";
    int named = tensors.stream().mapToInt(t -> LayerOrder.layer(t).orElse(0)).max().orElse(0) + 1;
    return metadata.toBuilder()
        .putUint32(key, Math.max(named, metadata.integer(key).orElse(0)))
        .build();
  }

  /// The type of the next tensor.
  ///
  /// @throws IllegalArgumentException if the layer of an expert cannot be told, or if a type that
  ///   was asked for does not fit
  TensorType next(TensorInfo tensor) {
    boolean isKept =
        recipe.fileType() == FileType.COPY
            || !Quantizable.allows(tensor, architecture)
            || (recipe.has(Recipe.Option.LEAVE_OUTPUT_TENSOR) && role(tensor) == TensorRole.OUTPUT);
    if (isKept) {
      keepsOutput |= role(tensor) == TensorRole.OUTPUT;
      return tensor.type();
    }
    Optional<TensorType> forEnds = recipe.types().forEnds(tensor.name(), effort);
    if (forEnds.isPresent()) {
      decidedEnds.add(role(tensor));
      return requireWhole(tensor, forEnds.get());
    }
    TensorType wanted = recipe.fileType().defaultType();
    if (!wanted.isQuantized()) {
      return wanted;
    }
    Optional<TypeOverrides.Rule> byRule = recipe.types().byRule(tensor.name(), effort);
    if (byRule.isPresent()) {
      deciding.add(byRule.get());
      wanted = byRule.get().type();
    } else if (!recipe.has(Recipe.Option.PURE)) {
      wanted = fromMixture(tensor);
    }
    TensorType chosen = ShapeFallback.fit(wanted, tensor.shape().rowLength());
    if (chosen != wanted) {
      fallbacks.add(new QuantizationPlan.Fallback(tensor.name(), wanted, chosen));
    }
    return chosen;
  }

  /// The fallbacks so far.
  List<QuantizationPlan.Fallback> fallbacks() {
    return List.copyOf(fallbacks);
  }

  /// Settings of the recipe that have applied to no tensor, in words for the user.
  List<String> idle() {
    List<String> idle = new ArrayList<>();
    for (TypeOverrides.Rule rule : recipe.types().rules()) {
      if (!deciding.contains(rule)) {
        idle.add(
            "the rule %s applies to no tensor".formatted(rule)
                + (isQuantized()
                    ? ""
                    : ": files of type %s do not follow rules".formatted(recipe.fileType())));
      }
    }
    if (recipe.types().output().isPresent() && !decidedEnds.contains(TensorRole.OUTPUT)) {
      idle.add("the type of the output tensor changes nothing: " + whyNoOutput());
    }
    if (recipe.types().tokenEmbedding().isPresent()
        && !decidedEnds.contains(TensorRole.TOKEN_EMBEDDING)) {
      idle.add("the type of the token embeddings changes nothing: " + whyNoEmbeddings());
    }
    if (recipe.has(Recipe.Option.LEAVE_OUTPUT_TENSOR) && !keepsOutput) {
      idle.add("--leave-output-tensor changes nothing: the model has no output.weight of its own");
    }
    if (recipe.has(Recipe.Option.PURE) && !isQuantized()) {
      idle.add(
          "--pure changes nothing: %s is the same type for all tensors"
              .formatted(recipe.fileType()));
    }
    return idle;
  }

  private String whyNoOutput() {
    return recipe.fileType() == FileType.COPY || keepsOutput
        ? "it stays as it is"
        : "the model has no output.weight of its own";
  }

  private String whyNoEmbeddings() {
    return recipe.fileType() == FileType.COPY ? "they stay as they are" : "the model has none";
  }

  private boolean isQuantized() {
    return recipe.fileType() != FileType.COPY && recipe.fileType().defaultType().isQuantized();
  }

  private TensorType fromMixture(TensorInfo tensor) {
    if (Quantizable.keepsEightBits(tensor, architecture)) {
      return TensorType.Q8_0;
    }
    TensorRole role = role(tensor);
    if (facts.isOutput(role) && recipe.types().output().isPresent()) {
      decidedEnds.add(TensorRole.OUTPUT);
      return recipe.types().output().get();
    }
    int ordinal = seen.merge(role, 1, Integer::sum) - 1;
    int count = role == TensorRole.ATTENTION_VALUE ? attentionValues : facts.layers();
    boolean numbered =
        role.isFeedForward() && facts.experts() > 1 && Mixture.readsLayerNumbers(recipe.fileType());
    int layer = numbered ? layerOf(tensor) : ordinal;
    return Mixture.typeFor(
        recipe.fileType(), new TensorPlace(role, ordinal, layer, count, tensor.shape()), facts);
  }

  private int layerOf(TensorInfo tensor) {
    OptionalInt layer = LayerOrder.layer(tensor);
    if (layer.isEmpty() || layer.getAsInt() >= facts.layers()) {
      throw new IllegalArgumentException(
          "tensor '%s' belongs to none of the %d layers".formatted(tensor.name(), facts.layers()));
    }
    return layer.getAsInt();
  }

  /// llama-quantize has no fallback for a type that was asked for by name.
  private static TensorType requireWhole(TensorInfo tensor, TensorType type) {
    if (tensor.shape().rowLength() % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "tensor '%s' has rows of %d values, which is not a multiple of the %d in a block of %s"
              .formatted(tensor.name(), tensor.shape().rowLength(), type.blockSize(), type));
    }
    return type;
  }

  private static TensorRole role(TensorInfo tensor) {
    return TensorRole.of(tensor.name());
  }
}
