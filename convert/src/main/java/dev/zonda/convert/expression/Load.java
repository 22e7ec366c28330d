package dev.zonda.convert.expression;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// A tensor as it lies in the checkpoint. Rows are views of the mapped file.
public record Load(Checkpoint checkpoint, TensorInfo tensor) implements Expression {
  @Override
  public TensorType type() {
    return tensor.type();
  }

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    return checkpoint.data(tensor, first * rowBytes(), count * rowBytes(), scratch);
  }
}
