package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;

/// What a norm does to a token's features.
///
/// @param kind the formula
/// @param epsilon added to the mean square or the variance before the root
public record Norm(Kind kind, float epsilon) {
  /// The formula.
  public enum Kind {
    /// Divided by the root of the mean square.
    RMS,
    /// Minus the mean, divided by the standard deviation.
    LAYER,
    /// The same without weights: no tensor belongs to it.
    UNWEIGHTED_LAYER
  }

  /// A norm with the epsilon that the metadata name.
  public static Norm rms(Keys keys) throws FormatException {
    return new Norm(Kind.RMS, (float) keys.number("attention.layer_norm_rms_epsilon"));
  }

  /// A norm with the epsilon that the metadata name.
  public static Norm layer(Keys keys) throws FormatException {
    return new Norm(Kind.LAYER, (float) keys.number("attention.layer_norm_epsilon"));
  }

  /// A norm without weights, with the epsilon that the metadata name.
  public static Norm unweightedLayer(Keys keys) throws FormatException {
    return new Norm(Kind.UNWEIGHTED_LAYER, layer(keys).epsilon());
  }
}
