package dev.zonda.cli.options;

import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.PredictorChoice;
import dev.zonda.formats.io.Links;
import dev.zonda.quantize.recipe.RecipeFlag;
import dev.zonda.quantize.recipe.RecipeSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Options for the conversion of a checkpoint folder, which do not apply to a GGUF file. Mix it in
/// with `@Mixin`.
public final class FolderOptions {
  @Option(
      names = "--as-reference",
      negatable = true,
      order = 10,
      description =
          "Write exactly the bytes of llama.cpp's converter, even where it drops what the model"
              + " says.")
  private Boolean asReference;

  @Option(
      names = "--mtp",
      negatable = true,
      order = 10,
      description =
          "Write only the layers that predict further tokens (MTP, NextN), as a file for drafting;"
              + " --no-mtp leaves them out. By default both are in one file.")
  private Boolean mtp;

  @Option(
      names = "--pre-tokenizer",
      paramLabel = "NAME",
      order = 11,
      description =
          "GGUF's name for how a byte-level vocabulary cuts text into words, if tokenizer.json"
              + " does it in an unknown way.")
  private Optional<String> preTokenizer = Optional.empty();

  @Mixin private NamingOptions naming = new NamingOptions();

  public Optional<Boolean> asReference() {
    return Optional.ofNullable(asReference);
  }

  /// Whether nothing but the layers that predict further tokens is to be written, or all but them.
  public Optional<Boolean> mtp() {
    return Optional.ofNullable(mtp);
  }

  public Optional<String> preTokenizer() {
    return preTokenizer;
  }

  /// The files that are read.
  public List<Path> files() {
    return naming.file().stream().toList();
  }

  /// One of the options that were given, if any was.
  public Optional<String> given() {
    if (asReference != null) {
      return Optional.of("--as-reference");
    }
    if (mtp != null) {
      return Optional.of(mtp ? "--mtp" : "--no-mtp");
    }
    return preTokenizer.isPresent() ? Optional.of("--pre-tokenizer") : naming.given();
  }

  /// The options of the conversion.
  ///
  /// @param settings from the command line and the recipe
  public ConversionOptions options(OutputType matrices, RecipeSettings settings, Links links)
      throws IOException {
    return new ConversionOptions(
        matrices,
        settings.has(RecipeFlag.AS_REFERENCE) ? Fidelity.AS_REFERENCE : Fidelity.CORRECTED,
        settings.preTokenizer(),
        naming.overrides(),
        settings
            .flags()
            .get(RecipeFlag.MTP)
            .map(FolderOptions::choice)
            .orElse(PredictorChoice.KEEP),
        links);
  }

  private static PredictorChoice choice(boolean isOnly) {
    return isOnly ? PredictorChoice.ONLY : PredictorChoice.LEAVE_OUT;
  }
}
