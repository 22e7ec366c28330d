package dev.zonda.convert;

import dev.zonda.convert.card.GeneralOverrides;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.PredictorChoice;
import dev.zonda.formats.io.Links;
import java.util.Optional;

/// What a user can say about a conversion.
///
/// @param type of the matrices
/// @param fidelity whose word counts where llama.cpp's converter is wrong
/// @param preTokenizer GGUF's name for the way in which text is cut into words; if empty, it is
///   recognized
/// @param overrides the user's word on the model's name and origin, which counts more than the
///   folder's files
/// @param predictors what becomes of layers that predict further tokens
/// @param links where symbolic links in the folder may lead
public record ConversionOptions(
    OutputType type,
    Fidelity fidelity,
    Optional<String> preTokenizer,
    GeneralOverrides overrides,
    PredictorChoice predictors,
    Links links) {
  /// What `convert` writes without options: the checkpoint's own 16-bit type, everything as the
  /// checkpoint says.
  public static final ConversionOptions DEFAULT =
      new ConversionOptions(OutputType.AUTO, Fidelity.CORRECTED);

  /// Each value as the checkpoint has it, since every comparison refers to the model evaluated.
  public static final ConversionOptions FOR_EVALUATION =
      new ConversionOptions(OutputType.EXACT, Fidelity.CORRECTED);

  public ConversionOptions(OutputType type, Fidelity fidelity) {
    this(
        type,
        fidelity,
        Optional.empty(),
        GeneralOverrides.NONE,
        PredictorChoice.KEEP,
        Links.WITHIN);
  }

  /// The same options with other links.
  public ConversionOptions with(Links others) {
    return new ConversionOptions(type, fidelity, preTokenizer, overrides, predictors, others);
  }

  /// The same options with another choice of layers.
  public ConversionOptions with(PredictorChoice choice) {
    return new ConversionOptions(type, fidelity, preTokenizer, overrides, choice, links);
  }
}
