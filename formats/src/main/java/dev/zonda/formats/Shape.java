package dev.zonda.formats;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// The dimensions of a tensor, outermost first, as PyTorch and safetensors print them.
///
/// GGUF stores them in reverse order; its reader and writer convert. A shape without dimensions is
/// a scalar: one value in one row.
public final class Shape {
  private final long[] dimensions;
  private final long elements;

  private Shape(long[] dimensions) {
    long product = 1;
    for (long dimension : dimensions) {
      if (dimension < 0) {
        throw new IllegalArgumentException("negative dimension " + dimension);
      }
      product = Math.multiplyExact(product, dimension);
    }
    this.dimensions = dimensions;
    this.elements = product;
  }

  /// @throws ArithmeticException if the number of values overflows 64 bits
  /// @throws IllegalArgumentException if a dimension is negative
  public static Shape of(long... dimensions) {
    return new Shape(dimensions.clone());
  }

  public int rank() {
    return dimensions.length;
  }

  /// The dimension at a position counted from the outermost.
  public long dimension(int index) {
    return dimensions[index];
  }

  public long[] toArray() {
    return dimensions.clone();
  }

  public long elements() {
    return elements;
  }

  /// Values per row: the innermost dimension.
  public long rowLength() {
    return dimensions.length == 0 ? 1 : dimensions[dimensions.length - 1];
  }

  /// Rows: the product of all dimensions but the innermost.
  public long rows() {
    long rows = 1;
    for (int i = 0; i < dimensions.length - 1; i++) {
      rows = Math.multiplyExact(rows, dimensions[i]);
    }
    return rows;
  }

  /// The shape without outer dimensions of one, which ggml neither counts nor writes. At least one
  /// dimension remains.
  public Shape withoutOuterOnes() {
    if (dimensions.length == 0) {
      return of(1);
    }
    int outer = 0;
    while (outer < dimensions.length - 1 && dimensions[outer] == 1) {
      outer++;
    }
    return outer == 0 ? this : of(Arrays.copyOfRange(dimensions, outer, dimensions.length));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dimensions, shape.dimensions);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dimensions);
  }

  /// For example `[4096, 14336]`.
  @Override
  public String toString() {
    return LongStream.of(dimensions)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
