package dev.zonda.cli.options;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.FileSetWriter;
import dev.zonda.quantize.MetadataOverride;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.TypeOverrides;
import dev.zonda.quantize.recipe.ImportanceSettings;
import dev.zonda.quantize.recipe.RecipeFile;
import dev.zonda.quantize.recipe.RecipeFlag;
import dev.zonda.quantize.recipe.RecipeFlags;
import dev.zonda.quantize.recipe.RecipeSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Options for quantization besides the file type, for the commands that quantize. Mix it in with
/// `@Mixin`.
///
/// A flag is null until it is given, since a recipe may set it, too.
public final class RecipeOptions {
  private static final int MOST_RECIPE_BYTES = 1 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--pure",
      negatable = true,
      order = 100,
      description = "Give all tensors the same type, instead of more bits to sensitive ones.")
  private Boolean pure;

  @Option(
      names = "--allow-requantize",
      negatable = true,
      order = 101,
      description = "Accept tensors that are already quantized, at a loss of quality.")
  private Boolean allowRequantize;

  @Option(
      names = "--imatrix",
      paramLabel = "FILE",
      order = 102,
      description =
          "Importance matrix of zonda imatrix or llama-imatrix (GGUF or .dat): improves quality,"
              + " and is required for the smallest types.")
  private Optional<Path> imatrix = Optional.empty();

  @Option(
      names = "--include-weights",
      paramLabel = "NAME",
      order = 103,
      description =
          "Use the importance matrix only for tensors with this in their names; may be repeated.")
  private List<String> includedWeights = List.of();

  @Option(
      names = "--exclude-weights",
      paramLabel = "NAME",
      order = 103,
      description =
          "Do not use the importance matrix for tensors with this in their names; may be repeated.")
  private List<String> excludedWeights = List.of();

  @Option(
      names = "--fill-zero-weights",
      negatable = true,
      order = 103,
      description =
          "Replace weights of 0 in the importance matrix by 1: most types turn groups of columns"
              + " without weight into zeros.")
  private Boolean fillZeroWeights;

  @Option(
      names = "--leave-output-tensor",
      negatable = true,
      order = 104,
      description = "Leave output.weight as it is.")
  private Boolean leaveOutputTensor;

  @Option(
      names = "--output-tensor-type",
      paramLabel = "TYPE",
      order = 104,
      description =
          "Type of output.weight, for example Q8_0, or of the token embeddings where they serve as"
              + " output.")
  private Optional<TensorType> outputType = Optional.empty();

  @Option(
      names = "--token-embedding-type",
      paramLabel = "TYPE",
      order = 105,
      description = "Type of the token embeddings.")
  private Optional<TensorType> embeddingType = Optional.empty();

  @ArgGroup(multiplicity = "0..*", order = 106)
  private List<TypeRuleOption> typeRules = new ArrayList<>();

  @Option(
      names = "--override-kv",
      paramLabel = "KEY=TYPE:VALUE",
      order = 110,
      description =
          "Set a key of the metadata; may be repeated. TYPE is int, float, bool, str, one of"
              + " GGUF's types (int8 to float64), or one of them with [] before a JSON array.")
  private List<MetadataOverride> overrides = List.of();

  @Option(
      names = "--prune-layers",
      paramLabel = "N,M,...",
      order = 111,
      description = "Leave out these layers and renumber the others; the first is 0.")
  private Optional<LayerNumbers> prunedLayers = Optional.empty();

  @Option(
      names = "--keep-split",
      negatable = true,
      order = 120,
      description =
          "Write as many files as the input has, each with the same tensors; -o names them without"
              + " the numbers.")
  private Boolean keepSplit;

  @Option(
      names = "--nonfinite",
      paramLabel = "HOW",
      order = 190,
      description =
          "What to do with NaN, infinity and values too large for the type: fail (the default),"
              + " zero or keep.")
  private Optional<NonfiniteValues> nonfinite = Optional.empty();

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      order = 195,
      description =
          "Read all options, including the type, from a JSON or YAML file; options on the command"
              + " line win.")
  private Optional<Path> recipe = Optional.empty();

  @Option(
      names = "--save-recipe",
      paramLabel = "FILE",
      order = 196,
      description = "When done, write all options to a file that --recipe reads.")
  private Optional<OutputFile> savedRecipe = Optional.empty();

  /// All settings, from the command line and from the recipe file.
  ///
  /// @param type from the command's own option
  /// @param folder its options for folders
  /// @throws IOException if a file that an option names cannot be read
  public RecipeSettings settings(Optional<String> type, FolderOptions folder) throws IOException {
    RecipeSettings said =
        new RecipeSettings(
            type,
            flags()
                .with(RecipeFlag.AS_REFERENCE, folder.asReference())
                .with(RecipeFlag.MTP, folder.mtp()),
            new ImportanceSettings(imatrix.map(Path::toString), includedWeights, excludedWeights),
            new TypeOverrides(outputType, embeddingType, typeRules()),
            overrideTexts(),
            prunedLayers.map(LayerNumbers::numbers).orElse(List.of()),
            nonfinite,
            folder.preTokenizer());
    RecipeSettings all =
        recipe.isPresent()
            ? said.over(
                RecipeFile.parse(
                    TextFile.named(recipe.get()), TextFile.read(recipe.get(), MOST_RECIPE_BYTES)))
            : said;
    if (all.contradiction().isPresent()) {
      throw new UsageError(command, all.contradiction().get());
    }
    return all;
  }

  private RecipeFlags flags() {
    return RecipeFlags.NONE
        .with(RecipeFlag.PURE, Optional.ofNullable(pure))
        .with(RecipeFlag.ALLOW_REQUANTIZE, Optional.ofNullable(allowRequantize))
        .with(RecipeFlag.FILL_ZERO_WEIGHTS, Optional.ofNullable(fillZeroWeights))
        .with(RecipeFlag.LEAVE_OUTPUT_TENSOR, Optional.ofNullable(leaveOutputTensor))
        .with(RecipeFlag.KEEP_SPLIT, Optional.ofNullable(keepSplit));
  }

  /// The texts that the options name.
  public List<Path> texts() {
    List<Path> texts = new ArrayList<>(recipe.stream().toList());
    typeRules.stream().flatMap(rule -> rule.file().stream()).forEach(texts::add);
    return texts;
  }

  /// The model's files and all that the options name.
  ///
  /// @param settings what [#settings] has returned
  public List<Path> inputs(List<Path> model, RecipeSettings settings) {
    List<Path> inputs = new ArrayList<>(model);
    settings.importance().matrix().map(Path::of).ifPresent(inputs::add);
    inputs.addAll(texts());
    return inputs;
  }

  /// A saved recipe must not replace an output, nor an input except the recipe that was read.
  public void requireOtherFiles(List<Path> inputs, List<Path> outputs) throws IOException {
    if (savedRecipe.isEmpty()) {
      return;
    }
    List<Path> others = new ArrayList<>(inputs);
    recipe.ifPresent(others::remove);
    others.addAll(outputs);
    others.addAll(FileSetWriter.workingFiles(outputs));
    for (Path other : others) {
      if (SameFile.is(savedRecipe.get().path(), other)) {
        throw new UsageError(
            command,
            "--save-recipe names "
                + other
                + ", which this command reads or writes: name another file");
      }
    }
  }

  /// Fails where [#save] would.
  public void requireSavable(OverwritePolicy policy) throws IOException {
    if (savedRecipe.isPresent()) {
      AtomicFile.requireCreatable(savedRecipe.get().path(), policy);
    }
  }

  /// Writes the settings to a recipe file, if that is wanted.
  public void save(RecipeSettings settings, OverwritePolicy policy) throws IOException {
    if (savedRecipe.isPresent()) {
      RecipeFile.write(savedRecipe.get().path(), settings, policy);
    }
  }

  private List<TypeOverrides.Rule> typeRules() throws IOException {
    List<TypeOverrides.Rule> rules = new ArrayList<>();
    for (TypeRuleOption option : typeRules) {
      rules.addAll(option.rules());
    }
    return rules;
  }

  /// The overrides as they were written, since recipes hold text.
  private List<String> overrideTexts() {
    return overrides.isEmpty()
        ? List.of()
        : command
            .commandLine()
            .getParseResult()
            .matchedOption("--override-kv")
            .originalStringValues();
  }
}
