package dev.zonda.formats.torch;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A tensor of a PyTorch file: its values need not lie in their logical order, as in a transposed
/// matrix.
final class StridedTensor {
  private final TensorInfo info;
  private final long[] strides;

  /// @param info the offset is that of the first value
  /// @param strides steps in values from one index of a dimension to the next, outermost first
  StridedTensor(TensorInfo info, List<Long> strides) {
    this.info = info;
    this.strides = strides.stream().mapToLong(Long::longValue).toArray();
  }

  TensorInfo info() {
    return info;
  }

  /// Whether the values lie in their logical order, without gaps.
  boolean isContiguous() {
    long expected = 1;
    Shape shape = info.shape();
    for (int i = shape.rank() - 1; i >= 0; i--) {
      if (shape.dimension(i) != 1 && strides[i] != expected) {
        return shape.elements() == 0;
      }
      expected *= shape.dimension(i);
    }
    return true;
  }

  /// Brings a run of values into their logical order.
  ///
  /// @param first number of the first value
  /// @param target room for the values; is filled
  void gather(InputFile file, long first, MemorySegment target) throws IOException {
    int valueBytes = info.type().blockBytes();
    Shape shape = info.shape();
    int inner = shape.rank() - 1;
    long[] index = index(first);
    long count = target.byteSize() / valueBytes;
    for (long done = 0; done < count; ) {
      long from = info.offset() + position(index) * valueBytes;
      long run = Math.min(count - done, shape.dimension(inner) - index[inner]);
      copyRun(file, from, strides[inner] * valueBytes, target, done * valueBytes, run, valueBytes);
      done += run;
      index[inner] += run;
      carry(index);
    }
  }

  private static void copyRun(
      InputFile file,
      long from,
      long step,
      MemorySegment target,
      long to,
      long count,
      int valueBytes)
      throws IOException {
    if (step == valueBytes) {
      file.readInto(from, target.asSlice(to, count * valueBytes));
      return;
    }
    for (long i = 0; i < count; i++) {
      file.readInto(from + i * step, target.asSlice(to + i * valueBytes, valueBytes));
    }
  }

  private long[] index(long value) {
    long[] index = new long[strides.length];
    for (int i = index.length - 1; i >= 0; i--) {
      index[i] = value % info.shape().dimension(i);
      value /= info.shape().dimension(i);
    }
    return index;
  }

  private long position(long[] index) {
    long position = 0;
    for (int i = 0; i < index.length; i++) {
      position += index[i] * strides[i];
    }
    return position;
  }

  private void carry(long[] index) {
    for (int i = index.length - 1; i > 0 && index[i] == info.shape().dimension(i); i--) {
      index[i] = 0;
      index[i - 1]++;
    }
  }
}
