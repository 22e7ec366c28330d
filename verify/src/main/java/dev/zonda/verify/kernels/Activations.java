package dev.zonda.verify.kernels;

/// A value per token and feature, as strips: `[strips][features][lanes]`.
///
/// @param values all strips, one behind the other
@SuppressWarnings("ArrayRecordComponent") // Scratch memory of the forward pass, never compared.
public record Activations(float[] values, int strips, int features, int lanes) {
  /// Zeros.
  ///
  /// @throws ArithmeticException if one array cannot hold them
  public static Activations of(int strips, int features, int lanes) {
    int size = Math.multiplyExact(Math.multiplyExact(strips, features), lanes);
    return new Activations(new float[size], strips, features, lanes);
  }

  /// Index of a strip's first value.
  public int at(int strip) {
    return strip * features * lanes;
  }

  /// Index of a strip's feature.
  public int at(int strip, int feature) {
    return (strip * features + feature) * lanes;
  }
}
