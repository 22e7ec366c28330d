package dev.zonda.quantize.recipe;

import dev.zonda.quantize.FileType;
import dev.zonda.quantize.MetadataOverride;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.Recipe;
import dev.zonda.quantize.TypeOverrides;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/// What a user says about a quantized file, on the command line or in a recipe file. What is empty
/// was not given. Immutable.
///
/// @param type the file type, as it was written
/// @param flags what is turned on or off
/// @param importance which importance matrix counts where
/// @param tensorTypes the first rule that applies counts
/// @param overrideKv texts that [MetadataOverride#parse] reads; the last for a key counts
/// @param pruneLayers numbers of layers to leave out
/// @param nonfinite what happens to values that the type cannot hold
/// @param preTokenizer name of the rule by which the converter's vocabulary cuts text into words
public record RecipeSettings(
    Optional<String> type,
    RecipeFlags flags,
    ImportanceSettings importance,
    TypeOverrides tensorTypes,
    List<String> overrideKv,
    List<Integer> pruneLayers,
    Optional<NonfiniteValues> nonfinite,
    Optional<String> preTokenizer) {
  public RecipeSettings {
    overrideKv = List.copyOf(overrideKv);
    pruneLayers = List.copyOf(pruneLayers);
  }

  /// These settings, and those of another where these say nothing. Rules and overrides add up, and
  /// these win.
  public RecipeSettings over(RecipeSettings base) {
    return new RecipeSettings(
        type.or(base::type),
        flags.over(base.flags),
        importance.over(base.importance),
        new TypeOverrides(
            tensorTypes.output().or(base.tensorTypes::output),
            tensorTypes.tokenEmbedding().or(base.tensorTypes::tokenEmbedding),
            joined(tensorTypes.rules(), base.tensorTypes.rules())),
        joined(base.overrideKv, overrideKv),
        pruneLayers.isEmpty() ? base.pruneLayers : pruneLayers,
        nonfinite.or(base::nonfinite),
        preTokenizer.or(base::preTokenizer));
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  public boolean has(RecipeFlag flag) {
    return flags.has(flag);
  }

  /// Whether a converted model stays as it is: nothing is said about tensors and metadata.
  public boolean changesNothing() {
    return needsQuantizedType().isEmpty()
        && tensorTypes.output().isEmpty()
        && tensorTypes.tokenEmbedding().isEmpty()
        && overrideKv.isEmpty()
        && pruneLayers.isEmpty();
  }

  /// The option of a setting that needs a type to quantize to; empty if no setting does.
  public Optional<String> needsQuantizedType() {
    Stream<String> onFlags =
        Stream.of(RecipeFlag.values())
            .filter(flag -> flag.part() == RecipeFlag.Part.QUANTIZATION && has(flag))
            .map(RecipeFlag::option);
    Stream<String> matrix = importance.matrix().map(_ -> "--imatrix").stream();
    Stream<String> rules = tensorTypes.rules().stream().limit(1).map(_ -> "--tensor-type");
    return Stream.of(onFlags, matrix, rules).flatMap(options -> options).findFirst();
  }

  /// What contradicts itself in these settings, in words for the user; empty if nothing does.
  public Optional<String> contradiction() {
    if (!importance.included().isEmpty() && !importance.excluded().isEmpty()) {
      return Optional.of("weights can be included or excluded, not both: give one of the two");
    }
    if (importance.matrix().isEmpty() && importance.choosesTensors()) {
      return Optional.of("included and excluded weights need an importance matrix");
    }
    if (importance.matrix().isEmpty() && has(RecipeFlag.FILL_ZERO_WEIGHTS)) {
      return Optional.of("weights of 0 can be filled only in an importance matrix: give one");
    }
    return Optional.empty();
  }

  /// What the quantizer does for a file of the given type. Reads the importance matrix.
  ///
  /// @throws IllegalArgumentException if an override cannot be read
  /// @throws IOException if the importance matrix cannot be read
  public Recipe recipe(FileType fileType) throws IOException {
    Recipe recipe = Recipe.of(fileType).with(tensorTypes).withoutLayers(new TreeSet<>(pruneLayers));
    if (importance.matrix().isPresent()) {
      ImportanceMatrix matrix = ImportanceMatrix.read(Path.of(importance.matrix().get()));
      ImportanceMatrix weighted = importance.chosen(matrix);
      recipe = recipe.with(has(RecipeFlag.FILL_ZERO_WEIGHTS) ? weighted.withoutZeros() : weighted);
      for (String part : importance.parts()) {
        if (matrix.filtered(name -> name.contains(part)).size() == 0) {
          recipe =
              recipe.withIdle(
                  "the importance matrix has no weights for a tensor whose name contains '%s'"
                      .formatted(part));
        }
      }
    }
    for (String override : overrideKv) {
      recipe = recipe.with(MetadataOverride.parse(override));
    }
    for (RecipeFlag flag : RecipeFlag.values()) {
      Optional<Recipe.Option> option = has(flag) ? option(flag) : Optional.empty();
      recipe = option.map(recipe::with).orElse(recipe);
    }
    return recipe;
  }

  /// What a flag means to the quantizer.
  private static Optional<Recipe.Option> option(RecipeFlag flag) {
    return switch (flag) {
      case PURE -> Optional.of(Recipe.Option.PURE);
      case ALLOW_REQUANTIZE -> Optional.of(Recipe.Option.ALLOW_REQUANTIZE);
      case LEAVE_OUTPUT_TENSOR -> Optional.of(Recipe.Option.LEAVE_OUTPUT_TENSOR);
      case KEEP_SPLIT -> Optional.of(Recipe.Option.KEEP_SPLIT);
      // The matrix is filled already, and the converter heeds the other flags.
      case FILL_ZERO_WEIGHTS, AS_REFERENCE, MTP -> Optional.empty();
    };
  }
}
