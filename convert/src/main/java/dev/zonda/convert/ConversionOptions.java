package dev.zonda.convert;

import dev.zonda.convert.config.Fidelity;

/// What a user can say about a conversion.
///
/// @param type of the matrices
/// @param fidelity whose word counts where the reference is wrong
public record ConversionOptions(OutputType type, Fidelity fidelity) {
  /// The checkpoint's own type, everything as the checkpoint says.
  public static final ConversionOptions DEFAULT =
      new ConversionOptions(OutputType.AUTO, Fidelity.CORRECTED);
}
