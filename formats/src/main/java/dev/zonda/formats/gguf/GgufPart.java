package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// One file of a model: all of it, or one of its splits.
record GgufPart(MappedFile file, GgufHeader header) implements AutoCloseable {
  static GgufPart open(Path path) throws IOException {
    MappedFile file = MappedFile.open(path);
    try {
      GgufHeader header = GgufHeader.read(file);
      refuseUnswappable(path, header);
      return new GgufPart(file, header);
    } catch (FormatException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Whether the file's bytes are what callers see.
  boolean isLittleEndian() {
    return header.order() == ByteOrder.LITTLE_ENDIAN;
  }

  /// The bytes of a tensor of this part as they lie in the file.
  MemorySegment raw(TensorInfo tensor, long from, long length) {
    return file.bytes().asSlice(tensor.offset() + from, length);
  }

  /// The bytes of a tensor of this part, little endian: a copy if the file is big endian.
  MemorySegment data(TensorInfo tensor) {
    MemorySegment raw = raw(tensor, 0, tensor.bytes());
    if (isLittleEndian()) {
      return raw;
    }
    MemorySegment copy = Arena.ofAuto().allocate(tensor.bytes(), Long.BYTES);
    BlockFields.copySwapped(tensor.type(), raw, copy);
    return copy.asReadOnly();
  }

  @Override
  public void close() {
    file.close();
  }

  private static void refuseUnswappable(Path path, GgufHeader header) throws FormatException {
    if (header.order() == ByteOrder.LITTLE_ENDIAN) {
      return;
    }
    for (TensorInfo tensor : header.tensors()) {
      if (BlockFields.of(tensor.type()).isEmpty()) {
        throw FormatException.in(
            path,
            "tensor '%s' is %s, which has no defined byte order in a big endian file"
                .formatted(tensor.name(), tensor.type()));
      }
    }
  }
}
