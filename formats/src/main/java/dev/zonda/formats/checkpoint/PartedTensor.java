package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/// A tensor whose rows or columns lie in several files.
///
/// @param info of the whole
/// @param parts in order
/// @param join how they belong together
record PartedTensor(TensorInfo info, List<Part> parts, Join join) {
  /// @param file that holds the part
  /// @param tensor the part, as the file describes it
  record Part(Checkpoint file, TensorInfo tensor) {}

  enum Join {
    /// Below each other.
    ROWS,
    /// Next to each other.
    COLUMNS,
    /// Every part is the whole tensor.
    FIRST
  }

  PartedTensor {
    parts = List.copyOf(parts);
  }

  /// @throws FormatException if parts do not fit together
  static PartedTensor of(List<Part> parts, Join join) throws FormatException {
    TensorInfo first = parts.getFirst().tensor();
    if (join == Join.FIRST) {
      return new PartedTensor(first, parts.subList(0, 1), join);
    }
    int joined = join == Join.ROWS ? 0 : 1;
    long extent = 0;
    for (Part part : parts) {
      TensorInfo tensor = part.tensor();
      boolean fits =
          tensor.shape().rank() == 2
              && tensor.type() == first.type()
              && tensor.shape().dimension(1 - joined) == first.shape().dimension(1 - joined);
      if (!fits) {
        throw FormatException.in(
            part.file().path(),
            "tensor '%s' is %s %s, which does not match %s %s of the first part"
                .formatted(
                    tensor.name(), tensor.type(), tensor.shape(), first.type(), first.shape()));
      }
      extent = Math.addExact(extent, tensor.shape().dimension(joined));
    }
    Shape shape =
        join == Join.ROWS
            ? Shape.of(extent, first.shape().dimension(1))
            : Shape.of(first.shape().dimension(0), extent);
    TensorSpec spec = new TensorSpec(first.name(), first.type(), shape);
    return new PartedTensor(new TensorInfo(spec, first.offset()), parts, join);
  }

  /// A part of the bytes, as [Checkpoint#data] gives them.
  MemorySegment data(long offset, long length, MemorySegment scratch) {
    return switch (join) {
      case FIRST -> data(parts.getFirst(), offset, length, scratch);
      case ROWS -> below(offset, length, scratch);
      case COLUMNS -> beside(offset, length, scratch.asSlice(0, length));
    };
  }

  /// Where the bytes from an offset on begin, as [Checkpoint#position] gives it.
  OptionalLong position(long offset) {
    long inPart = join == Join.COLUMNS ? offset / info.rowBytes() * firstRowBytes() : offset;
    for (Part part : parts) {
      if (inPart < part.tensor().bytes()) {
        return part.file().position(part.tensor(), inPart);
      }
      inPart -= part.tensor().bytes();
    }
    return OptionalLong.empty();
  }

  private long firstRowBytes() {
    return parts.getFirst().tensor().rowBytes();
  }

  private MemorySegment below(long offset, long length, MemorySegment scratch) {
    long start = 0;
    for (Part part : parts) {
      long end = start + part.tensor().bytes();
      if (offset >= start && offset + length <= end) {
        return data(part, offset - start, length, scratch);
      }
      long from = Math.max(offset, start);
      long to = Math.min(offset + length, end);
      if (from < to) {
        MemorySegment target = scratch.asSlice(from - offset, to - from);
        MemorySegment found = data(part, from - start, to - from, target);
        MemorySegment.copy(found, 0, target, 0, to - from);
      }
      start = end;
    }
    return scratch.asSlice(0, length);
  }

  /// Reads all rows that the range touches of one part after another.
  private MemorySegment beside(long offset, long length, MemorySegment target) {
    long rowBytes = info.rowBytes();
    if (length == 0) {
      return target;
    }
    long firstRow = offset / rowBytes;
    long rows = (offset + length - 1) / rowBytes - firstRow + 1;
    long column = 0;
    for (Part part : parts) {
      long bytes = part.tensor().rowBytes();
      MemorySegment buffer = MemorySegment.ofArray(new byte[Math.toIntExact(rows * bytes)]);
      MemorySegment found = data(part, firstRow * bytes, rows * bytes, buffer);
      for (long row = 0; row < rows; row++) {
        long start = (firstRow + row) * rowBytes + column - offset;
        long from = Math.max(0, start);
        long to = Math.min(length, start + bytes);
        if (from < to) {
          MemorySegment.copy(found, row * bytes + from - start, target, from, to - from);
        }
      }
      column += bytes;
    }
    return target;
  }

  private static MemorySegment data(Part part, long offset, long length, MemorySegment scratch) {
    return part.file().data(part.tensor(), offset, length, scratch);
  }
}
