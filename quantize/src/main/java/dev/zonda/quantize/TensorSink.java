package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Takes the bytes of tensors, in any order and from many threads: a writer of a file, usually.
@FunctionalInterface
public interface TensorSink {
  /// @param tensor the target of a [TensorTask]
  /// @param offset of the first byte, counted from the start of the tensor
  /// @param bytes must not be kept after the call
  void write(TensorInfo tensor, long offset, MemorySegment bytes) throws IOException;

  /// Whether all these bytes are there already, left by an earlier run: then they need not be
  /// computed and written.
  ///
  /// @param tensor the target of a [TensorTask]
  /// @param offset of the first byte, counted from the start of the tensor
  default boolean has(TensorInfo tensor, long offset, long bytes) {
    return false;
  }
}
