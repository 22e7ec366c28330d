package dev.zonda.formats.safetensors;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/// One safetensors file.
public final class SafetensorsFile implements Checkpoint {
  private final InputFile file;
  private final SafetensorsHeader header;
  private final Map<String, TensorInfo> index;

  private SafetensorsFile(InputFile file, SafetensorsHeader header) {
    this.file = file;
    this.header = header;
    this.index =
        header.tensors().stream()
            .collect(Collectors.toUnmodifiableMap(TensorInfo::name, Function.identity()));
  }

  /// @throws FormatException if the file is not what the format demands
  public static SafetensorsFile open(Path path) throws IOException {
    return of(MappedFile.open(path));
  }

  /// Takes over a file, which closes with this.
  ///
  /// @throws FormatException if the file is not what the format demands
  public static SafetensorsFile of(InputFile file) throws IOException {
    try {
      return new SafetensorsFile(file, SafetensorsHeader.read(file));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public String format() {
    return "safetensors";
  }

  @Override
  public Metadata metadata() {
    return header.metadata();
  }

  @Override
  public List<TensorInfo> tensors() {
    return header.tensors();
  }

  @Override
  public Optional<TensorInfo> find(String name) {
    return Optional.ofNullable(index.get(name));
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    requireOwn(tensor);
    try {
      return file.bytes(tensor.offset(), tensor.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public MemorySegment data(TensorInfo tensor, long offset, long length, MemorySegment scratch) {
    requireOwn(tensor);
    Objects.checkFromIndexSize(offset, length, tensor.bytes());
    return file.values(tensor.offset() + offset, length, scratch);
  }

  @Override
  public OptionalLong position(TensorInfo tensor, long offset) {
    requireOwn(tensor);
    return file.position(tensor.offset() + offset);
  }

  private void requireOwn(TensorInfo tensor) {
    if (!tensor.equals(index.get(tensor.name()))) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of " + path());
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
