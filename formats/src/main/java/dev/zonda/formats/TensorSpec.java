package dev.zonda.formats;

import java.util.Objects;

/// A tensor's name, type and shape: everything except where its bytes lie.
public record TensorSpec(String name, TensorType type, Shape shape) {
  /// @throws IllegalArgumentException if a row is not a whole number of the type's blocks
  /// @throws ArithmeticException if the size in bytes overflows 64 bits
  public TensorSpec {
    Objects.requireNonNull(name);
    type.byteSize(shape.rowLength());
    type.byteSize(shape.elements());
  }

  public long bytes() {
    return type.byteSize(shape.elements());
  }

  public long rowBytes() {
    return type.byteSize(shape.rowLength());
  }

  public TensorSpec withType(TensorType newType) {
    return new TensorSpec(name, newType, shape);
  }
}
