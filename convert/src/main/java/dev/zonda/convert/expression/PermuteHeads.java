package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// The rows of each attention head in another order: from Hugging Face's, where the two values that
/// rotary embedding turns together lie half a head apart, to ggml's, where they are neighbours.
///
/// Row `2 * i + h` of a head is row `i + h * d / 2` of the source's, `d` being the head's rows. A
/// bias has its values permuted in the same way.
///
/// @param heads divides the outermost dimension into an even number of rows
public record PermuteHeads(Expression source, long heads) implements Expression {
  public PermuteHeads {
    if (heads <= 0 || source.shape().dimension(0) % (2 * heads) != 0) {
      throw new IllegalArgumentException(
          source.shape() + " is not made of " + heads + " heads of an even number of rows");
    }
    if (source.shape().rank() > 2 || source.type().isQuantized()) {
      throw new IllegalArgumentException("not a matrix or vector of plain values");
    }
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    if (shape().rank() == 1) {
      return permutedValues(scratch);
    }
    long rowBytes = rowBytes();
    for (long i = 0; i < count; i++) {
      MemorySegment target = scratch.asSlice(i * rowBytes, rowBytes);
      MemorySegment row = source.rows(sourceRow(first + i), 1, target);
      if (row.address() != target.address() || row.isNative() != target.isNative()) {
        MemorySegment.copy(row, 0, target, 0, rowBytes);
      }
    }
    return scratch.asSlice(0, count * rowBytes);
  }

  private MemorySegment permutedValues(MemorySegment scratch) {
    long bytes = rowBytes();
    int valueBytes = type().blockBytes();
    MemorySegment values = source.rows(0, 1, MemorySegment.ofArray(new byte[(int) bytes]));
    for (long i = 0; i < shape().rowLength(); i++) {
      MemorySegment.copy(values, sourceRow(i) * valueBytes, scratch, i * valueBytes, valueBytes);
    }
    return scratch.asSlice(0, bytes);
  }

  private long sourceRow(long row) {
    long headRows = shape().dimension(0) / heads;
    long inHead = row % headRows;
    return row - inHead + (inHead & 1) * (headRows / 2) + inHead / 2;
  }
}
