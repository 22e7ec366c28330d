package dev.zonda.quantize.recipe;

import dev.zonda.formats.TensorType;
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
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/// What a user says about a quantized file, on the command line or in a recipe file. What is empty
/// was not said. Immutable.
///
/// @param type the file type, as it was written
/// @param imatrix file of the importance matrix
/// @param includeWeights parts of names of tensors that use it, if only those do
/// @param excludeWeights parts of names of tensors that do not use it
/// @param fillZeroWeights whether weights of 0 in it are taken for 1
/// @param tensorTypes the first that applies counts
/// @param overrideKv texts that [MetadataOverride#parse] reads; the last for a key counts
/// @param pruneLayers numbers of layers to leave out
/// @param keepSplit whether a model of several files becomes as many files again
/// @param asReference whether the converter drops what the reference drops
/// @param preTokenizer name of how the converter's vocabulary cuts text into words
public record RecipeSettings(
    Optional<String> type,
    Optional<Boolean> pure,
    Optional<Boolean> allowRequantize,
    Optional<String> imatrix,
    List<String> includeWeights,
    List<String> excludeWeights,
    Optional<Boolean> fillZeroWeights,
    Optional<Boolean> leaveOutputTensor,
    Optional<TensorType> outputTensorType,
    Optional<TensorType> tokenEmbeddingType,
    List<TypeOverrides.Rule> tensorTypes,
    List<String> overrideKv,
    List<Integer> pruneLayers,
    Optional<NonfiniteValues> nonfinite,
    Optional<Boolean> keepSplit,
    Optional<Boolean> asReference,
    Optional<String> preTokenizer) {
  public RecipeSettings {
    includeWeights = List.copyOf(includeWeights);
    excludeWeights = List.copyOf(excludeWeights);
    tensorTypes = List.copyOf(tensorTypes);
    overrideKv = List.copyOf(overrideKv);
    pruneLayers = List.copyOf(pruneLayers);
  }

  /// These settings, and those of another where these say nothing. Rules and overrides add up, and
  /// these win.
  public RecipeSettings over(RecipeSettings base) {
    boolean choosesWeights = !includeWeights.isEmpty() || !excludeWeights.isEmpty();
    return new RecipeSettings(
        type.or(base::type),
        pure.or(base::pure),
        allowRequantize.or(base::allowRequantize),
        imatrix.or(base::imatrix),
        choosesWeights ? includeWeights : base.includeWeights,
        choosesWeights ? excludeWeights : base.excludeWeights,
        fillZeroWeights.or(base::fillZeroWeights),
        leaveOutputTensor.or(base::leaveOutputTensor),
        outputTensorType.or(base::outputTensorType),
        tokenEmbeddingType.or(base::tokenEmbeddingType),
        joined(tensorTypes, base.tensorTypes),
        joined(base.overrideKv, overrideKv),
        pruneLayers.isEmpty() ? base.pruneLayers : pruneLayers,
        nonfinite.or(base::nonfinite),
        keepSplit.or(base::keepSplit),
        asReference.or(base::asReference),
        preTokenizer.or(base::preTokenizer));
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /// Whether a converted model stays as it is: nothing is said about tensors and metadata.
  public boolean changesNothing() {
    return !pure.orElse(false)
        && !allowRequantize.orElse(false)
        && imatrix.isEmpty()
        && !leaveOutputTensor.orElse(false)
        && outputTensorType.isEmpty()
        && tokenEmbeddingType.isEmpty()
        && tensorTypes.isEmpty()
        && overrideKv.isEmpty()
        && pruneLayers.isEmpty();
  }

  /// What is said that needs a type to quantize to, by the name of its option; empty if nothing is.
  public Optional<String> needsQuantizedType() {
    return pure.orElse(false)
        ? Optional.of("--pure")
        : allowRequantize.orElse(false)
            ? Optional.of("--allow-requantize")
            : imatrix.isPresent()
                ? Optional.of("--imatrix")
                : leaveOutputTensor.orElse(false)
                    ? Optional.of("--leave-output-tensor")
                    : tensorTypes.isEmpty() ? Optional.empty() : Optional.of("--tensor-type");
  }

  /// What contradicts itself in these settings, in words for the user; empty if nothing does.
  public Optional<String> contradiction() {
    if (!includeWeights.isEmpty() && !excludeWeights.isEmpty()) {
      return Optional.of("included and excluded weights exclude each other: give one of them");
    }
    if (imatrix.isEmpty() && !(includeWeights.isEmpty() && excludeWeights.isEmpty())) {
      return Optional.of("included and excluded weights need an importance matrix");
    }
    if (imatrix.isEmpty() && fillZeroWeights.orElse(false)) {
      return Optional.of("weights of 0 can be filled in an importance matrix only: give one");
    }
    return Optional.empty();
  }

  /// What the quantizer does for a file of the given type. Reads the importance matrix.
  ///
  /// @throws IllegalArgumentException if an override is none
  /// @throws IOException if the importance matrix cannot be read
  public Recipe recipe(FileType fileType) throws IOException {
    Recipe recipe =
        Recipe.of(fileType)
            .with(new TypeOverrides(outputTensorType, tokenEmbeddingType, tensorTypes))
            .withoutLayers(layers());
    if (imatrix.isPresent()) {
      ImportanceMatrix matrix = ImportanceMatrix.read(Path.of(imatrix.get()));
      ImportanceMatrix weighted = matrix.filtered(this::isWeighted);
      recipe = recipe.with(fillZeroWeights.orElse(false) ? weighted.withoutZeros() : weighted);
      for (String part : includeWeights.isEmpty() ? excludeWeights : includeWeights) {
        if (matrix.filtered(name -> name.contains(part)).size() == 0) {
          recipe =
              recipe.withIdle(
                  "'%s' is in the name of no tensor that the importance matrix has weights for"
                      .formatted(part));
        }
      }
    }
    for (String override : overrideKv) {
      recipe = recipe.with(MetadataOverride.parse(override));
    }
    if (pure.orElse(false)) {
      recipe = recipe.with(Recipe.Option.PURE);
    }
    if (keepSplit.orElse(false)) {
      recipe = recipe.with(Recipe.Option.KEEP_SPLIT);
    }
    if (leaveOutputTensor.orElse(false)) {
      recipe = recipe.with(Recipe.Option.LEAVE_OUTPUT_TENSOR);
    }
    return allowRequantize.orElse(false) ? recipe.with(Recipe.Option.ALLOW_REQUANTIZE) : recipe;
  }

  private NavigableSet<Integer> layers() {
    return new TreeSet<>(pruneLayers);
  }

  private boolean isWeighted(String tensor) {
    return includeWeights.isEmpty()
        ? excludeWeights.stream().noneMatch(tensor::contains)
        : includeWeights.stream().anyMatch(tensor::contains);
  }
}
