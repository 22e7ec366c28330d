package dev.zonda.benchmarks;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// A model of one tensor, in memory.
record OneTensor(TensorInfo tensor, MemorySegment blocks) implements GgufModel {
  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Metadata metadata() {
    return Metadata.empty();
  }

  @Override
  public List<TensorInfo> tensors() {
    return List.of(tensor);
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return Optional.of(tensor);
  }

  @Override
  public MemorySegment rows(
      TensorInfo wanted, long firstRow, long rowCount, MemorySegment scratch) {
    return blocks.asSlice(firstRow * wanted.rowBytes(), rowCount * wanted.rowBytes());
  }

  @Override
  public void close() {}
}
