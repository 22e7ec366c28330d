package dev.zonda.formats.output;

import dev.zonda.formats.TensorInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/// Which bytes of a file's tensors are there: left by an earlier run, or written by this one. Safe
/// for use by many threads.
final class Coverage {
  private final Map<String, Ranges> tensors;
  private final AtomicLong missing;

  private Coverage(List<TensorInfo> tensors) {
    this.tensors = HashMap.newHashMap(tensors.size());
    for (TensorInfo tensor : tensors) {
      this.tensors.put(tensor.name(), new Ranges(tensor));
    }
    this.missing = new AtomicLong(tensors.stream().mapToLong(TensorInfo::bytes).sum());
  }

  /// No bytes are there.
  static Coverage none(List<TensorInfo> tensors) {
    return new Coverage(tensors);
  }

  /// @throws IllegalArgumentException if the tensor is not of this file or the bytes are not all
  ///   within it
  void requireWithin(TensorInfo tensor, long offset, long bytes) {
    if (!contains(tensor, offset, bytes)) {
      throw new IllegalArgumentException(
          "%d bytes at %d of '%s', which has %d"
              .formatted(bytes, offset, tensor.name(), tensor.bytes()));
    }
  }

  private boolean contains(TensorInfo tensor, long offset, long bytes) {
    long size = ranges(tensor).tensor.bytes();
    return offset >= 0 && bytes >= 0 && offset <= size - bytes;
  }

  /// Counts bytes that an earlier run has left, if they are within the tensor.
  void addLeft(TensorInfo tensor, long offset, long bytes) {
    if (contains(tensor, offset, bytes)) {
      missing.addAndGet(-ranges(tensor).addLeft(offset, offset + bytes));
    }
  }

  /// Counts bytes that were written now, some of them perhaps over what was left.
  ///
  /// @return how many bytes of the file are still missing; only one caller can get 0
  long add(TensorInfo tensor, long offset, long bytes) {
    return missing.addAndGet(-ranges(tensor).add(offset, offset + bytes));
  }

  /// Whether an earlier run has left all of these bytes.
  boolean isLeft(TensorInfo tensor, long offset, long bytes) {
    return ranges(tensor).overlap(offset, offset + bytes) == bytes;
  }

  /// How many bytes of all tensors are missing.
  long missingBytes() {
    return missing.get();
  }

  /// @throws IllegalStateException if a tensor was not written whole, or in part twice
  void requireWhole() {
    for (Ranges ranges : tensors.values()) {
      long size = ranges.tensor.bytes();
      long there = size - ranges.missing();
      if (there != size) {
        throw new IllegalStateException(
            "%d of %d bytes of '%s' were written".formatted(there, size, ranges.tensor.name()));
      }
    }
  }

  private Ranges ranges(TensorInfo tensor) {
    Ranges ranges = tensors.get(tensor.name());
    if (ranges == null || !ranges.tensor.equals(tensor)) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of this file");
    }
    return ranges;
  }

  /// The ranges of one tensor.
  private static final class Ranges {
    private final TensorInfo tensor;

    /// The ranges that were left, from the first byte to the one after the last; no two touch.
    private final NavigableMap<Long, Long> left = new TreeMap<>();

    private long missing;

    Ranges(TensorInfo tensor) {
      this.tensor = tensor;
      this.missing = tensor.bytes();
    }

    synchronized long addLeft(long first, long end) {
      long more = add(first, end);
      long from = first;
      long to = end;
      for (Map.Entry<Long, Long> other = left.floorEntry(to);
          other != null && other.getValue() >= from;
          other = left.floorEntry(to)) {
        from = Math.min(from, other.getKey());
        to = Math.max(to, other.getValue());
        left.remove(other.getKey());
      }
      left.put(from, to);
      return more;
    }

    synchronized long add(long from, long to) {
      long more = to - from - overlap(from, to);
      missing -= more;
      return more;
    }

    synchronized long overlap(long from, long to) {
      if (left.isEmpty()) {
        return 0;
      }
      Long first = left.floorKey(from);
      long bytes = 0;
      for (Map.Entry<Long, Long> range :
          left.subMap(first == null ? from : first, true, Math.max(from, to), true).entrySet()) {
        bytes += Math.max(0, Math.min(to, range.getValue()) - Math.max(from, range.getKey()));
      }
      return bytes;
    }

    synchronized long missing() {
      return missing;
    }
  }
}
