package dev.zonda.cli;

import dev.zonda.quantize.FileType;
import dev.zonda.quantize.MetadataOverride;
import dev.zonda.quantize.Recipe;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import picocli.CommandLine.Option;

/// What a user may say about quantization besides the file type, for the commands that quantize.
/// Mix it in with `@Mixin`.
final class RecipeOptions {
  @Option(
      names = "--pure",
      order = 100,
      description = "Give all tensors the same type, instead of more bits to delicate ones.")
  private boolean pure;

  @Option(
      names = "--allow-requantize",
      order = 101,
      description = "Accept tensors that are quantized already, at a loss of quality.")
  private boolean allowRequantize;

  @Option(
      names = "--imatrix",
      paramLabel = "FILE",
      order = 102,
      description =
          "Importance matrix of llama-imatrix (GGUF or .dat): better quality, and needed for the"
              + " smallest types.")
  private Optional<Path> imatrix = Optional.empty();

  @Option(
      names = "--override-kv",
      paramLabel = "KEY=TYPE:VALUE",
      order = 110,
      converter = MetadataOverrideConverter.class,
      description =
          "Set a key of the metadata; may be repeated. TYPE is int, float, bool, str, one of the"
              + " format's types (int8 to float64), or one of them with [] before a JSON array.")
  private List<MetadataOverride> overrides = List.of();

  @Option(
      names = "--prune-layers",
      paramLabel = "N,M,...",
      order = 111,
      converter = LayerNumbersConverter.class,
      description = "Leave these layers out and number the others anew; the first is 0.")
  private Optional<NavigableSet<Integer>> prunedLayers = Optional.empty();

  /// Whether nothing was said.
  boolean isEmpty() {
    return !pure
        && !allowRequantize
        && imatrix.isEmpty()
        && overrides.isEmpty()
        && prunedLayers.isEmpty();
  }

  /// All that was said, for a file of the given type.
  ///
  /// @throws IOException if a file that an option names cannot be read
  Recipe recipe(FileType type) throws IOException {
    Recipe recipe = Recipe.of(type);
    if (imatrix.isPresent()) {
      recipe = recipe.with(ImportanceMatrix.read(imatrix.get()));
    }
    if (pure) {
      recipe = recipe.with(Recipe.Option.PURE);
    }
    for (MetadataOverride override : overrides) {
      recipe = recipe.with(override);
    }
    recipe = recipe.withoutLayers(prunedLayers.orElse(Collections.emptyNavigableSet()));
    return allowRequantize ? recipe.with(Recipe.Option.ALLOW_REQUANTIZE) : recipe;
  }
}
