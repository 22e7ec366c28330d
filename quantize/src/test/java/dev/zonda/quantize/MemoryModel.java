package dev.zonda.quantize;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// A model whose tensors lie in the heap, built in a test.
final class MemoryModel implements GgufModel {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Metadata metadata;
  private final List<TensorInfo> tensors = new ArrayList<>();
  private final Map<String, byte[]> data = new HashMap<>();

  MemoryModel(Metadata metadata) {
    this.metadata = metadata;
  }

  /// A llama without experts and without grouped queries.
  static MemoryModel llama(int layers) {
    return new MemoryModel(
        Metadata.builder()
            .putText("general.architecture", "llama")
            .putUint32("llama.block_count", layers)
            .putUint32("llama.attention.head_count", 32)
            .build());
  }

  /// Adds a tensor of zeros.
  MemoryModel add(String name, TensorType type, long... shape) {
    TensorInfo tensor = new TensorInfo(new TensorSpec(name, type, Shape.of(shape)), 0);
    tensors.add(tensor);
    data.put(name, new byte[Math.toIntExact(tensor.bytes())]);
    return this;
  }

  /// Adds an F32 tensor of normally distributed values.
  MemoryModel addRandom(String name, RandomGenerator random, long... shape) {
    add(name, TensorType.F32, shape);
    MemorySegment bytes = bytes(name);
    for (long at = 0; at < bytes.byteSize(); at += Float.BYTES) {
      bytes.set(FLOAT, at, (float) random.nextGaussian());
    }
    return this;
  }

  /// Adds a tensor without bytes, for plans only.
  MemoryModel addHeader(String name, TensorType type, long... shape) {
    tensors.add(new TensorInfo(new TensorSpec(name, type, Shape.of(shape)), 0));
    return this;
  }

  void set(String name, long index, float value) {
    bytes(name).set(FLOAT, index * Float.BYTES, value);
  }

  float[] floats(String name) {
    return bytes(name).toArray(FLOAT);
  }

  MemorySegment bytes(String name) {
    return MemorySegment.ofArray(data.get(name));
  }

  @Override
  public String name() {
    return "memory.gguf";
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return tensors.stream().filter(tensor -> tensor.name().equals(tensorName)).findFirst();
  }

  @Override
  public MemorySegment rows(
      TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch) {
    MemorySegment rows =
        bytes(tensor.name()).asSlice(firstRow * tensor.rowBytes(), rowCount * tensor.rowBytes());
    // Through the scratch, so that buffers that are too small are found out.
    return scratch.asSlice(0, rows.byteSize()).copyFrom(rows);
  }

  @Override
  public void close() {}
}
