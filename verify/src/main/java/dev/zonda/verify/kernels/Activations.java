package dev.zonda.verify.kernels;

import java.util.Objects;

/// A value per token and feature, as strips: `[strips][features][lanes]`. May be a view of some
/// features of others.
///
/// @param values all strips, one after the other
/// @param offset index of the first strip's first value
/// @param stride features from one strip to the next
@SuppressWarnings("ArrayRecordComponent") // Scratch memory of the forward pass, never compared.
public record Activations(
    float[] values, int offset, int strips, int features, int stride, int lanes) {
  /// Zeros.
  ///
  /// @throws ArithmeticException if one array cannot hold them
  public static Activations of(int strips, int features, int lanes) {
    int size = Math.multiplyExact(Math.multiplyExact(strips, features), lanes);
    return new Activations(new float[size], 0, strips, features, features, lanes);
  }

  /// A view of some neighbouring features of all strips.
  public Activations part(int first, int count) {
    Objects.checkFromIndexSize(first, count, features);
    return new Activations(values, offset + first * lanes, strips, count, stride, lanes);
  }

  /// A view of the first strips.
  public Activations first(int count) {
    Objects.checkFromIndexSize(0, count, strips);
    return new Activations(values, offset, count, features, stride, lanes);
  }

  /// Index of a strip's first value.
  public int at(int strip) {
    return offset + strip * stride * lanes;
  }

  /// Index of a strip's feature.
  public int at(int strip, int feature) {
    return offset + (strip * stride + feature) * lanes;
  }

  /// Values of a strip.
  public int stripSize() {
    return features * lanes;
  }
}
