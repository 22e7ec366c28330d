package dev.zonda.formats.gguf;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A GGUF file of version 2 or 3, little or big endian, or all files of a split model.
///
/// Callers see little endian bytes. Those of a big endian file are swapped when asked for: by
/// [#rows] into the scratch, by [#data] into a copy that lives as long as it is used.
public final class GgufFile implements Checkpoint, GgufModel {
  private final Path path;
  private final List<GgufPart> parts;
  private final List<TensorInfo> tensors;
  private final Map<String, Located> index;

  /// A tensor and the file that holds it.
  private record Located(TensorInfo tensor, GgufPart part) {}

  private GgufFile(Path path, List<GgufPart> parts) throws FormatException {
    this.path = path;
    this.parts = parts;
    List<TensorInfo> all = new ArrayList<>();
    this.index = new HashMap<>();
    for (GgufPart part : parts) {
      for (TensorInfo tensor : part.header().tensors()) {
        if (index.put(tensor.name(), new Located(tensor, part)) != null) {
          throw FormatException.in(
              part.file().path(), "tensor '" + tensor.name() + "' is also in an earlier file");
        }
        all.add(tensor);
      }
    }
    this.tensors = List.copyOf(all);
  }

  /// Opens a file; the first file of a split model brings the others.
  ///
  /// @throws FormatException if it is not what the format demands
  public static GgufFile open(Path path) throws IOException {
    List<GgufPart> parts = GgufSplits.open(path);
    try {
      return new GgufFile(path, parts);
    } catch (FormatException | RuntimeException e) {
      parts.forEach(GgufPart::close);
      throw e;
    }
  }

  /// Opens a file as [#open] does, but by itself if it is not the first of its model or if others
  /// are missing: for inspection.
  public static GgufFile openPresent(Path path) throws IOException {
    if (GgufSplits.isWhole(path)) {
      return open(path);
    }
    return new GgufFile(path, List.of(GgufPart.open(path)));
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String name() {
    return path.toString();
  }

  /// For example `GGUF v3`, with the byte order where it is not the usual one.
  @Override
  public String format() {
    return "GGUF v" + version() + (order() == ByteOrder.BIG_ENDIAN ? " big endian" : "");
  }

  public int version() {
    return parts.getFirst().header().version();
  }

  /// The byte order of the file, not of what [#data] gives.
  public ByteOrder order() {
    return parts.getFirst().header().order();
  }

  /// The alignment of the data in the file.
  public long alignment() {
    return parts.getFirst().header().alignment();
  }

  /// The files that were opened, in order.
  @Override
  public List<Path> files() {
    return parts.stream().map(part -> part.file().path()).toList();
  }

  /// The tensors of each of the [#files], in order.
  @Override
  public List<List<TensorInfo>> tensorsByFile() {
    return parts.stream().map(part -> part.header().tensors()).toList();
  }

  /// All keys of the file; for a split model those of the first, `split.*` included.
  @Override
  public Metadata metadata() {
    return parts.getFirst().header().metadata();
  }

  /// All tensors in file order; for a split model file after file, each offset counted in its own
  /// file.
  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return Optional.ofNullable(index.get(tensorName)).map(Located::tensor);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    return partOf(tensor).data(tensor);
  }

  @Override
  public MemorySegment rows(
      TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch) {
    GgufPart part = partOf(tensor);
    if (firstRow < 0 || rowCount < 0 || rowCount > tensor.shape().rows() - firstRow) {
      throw new IllegalArgumentException(
          "rows %d + %d of '%s', which has %d"
              .formatted(firstRow, rowCount, tensor.name(), tensor.shape().rows()));
    }
    long length = rowCount * tensor.rowBytes();
    MemorySegment raw = part.raw(tensor, firstRow * tensor.rowBytes(), length);
    if (part.isLittleEndian()) {
      return raw;
    }
    MemorySegment swapped = scratch.asSlice(0, length);
    BlockFields.copySwapped(tensor.type(), raw, swapped);
    return swapped;
  }

  @Override
  public void close() {
    parts.forEach(GgufPart::close);
  }

  private GgufPart partOf(TensorInfo tensor) {
    Located located = index.get(tensor.name());
    if (located == null || !located.tensor().equals(tensor)) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of " + path);
    }
    return located.part();
  }
}
