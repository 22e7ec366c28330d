package dev.zonda.formats.torch;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/// One file that `torch.save` wrote of a dict of tensors.
///
/// Values are read where they lie. Tensors may share a storage, and be transposed or otherwise
/// strided views of it; those are brought into order as they are read.
public final class TorchFile implements Checkpoint {
  private final InputFile file;
  private final TorchContents contents;
  private final List<TensorInfo> tensors;
  private final Map<String, StridedTensor> index;

  private TorchFile(InputFile file, TorchContents contents) {
    this.file = file;
    this.contents = contents;
    this.tensors = contents.tensors().stream().map(StridedTensor::info).toList();
    this.index =
        contents.tensors().stream()
            .collect(
                Collectors.toUnmodifiableMap(tensor -> tensor.info().name(), Function.identity()));
  }

  /// @throws FormatException if the file is broken, or asks for anything but tensors
  public static TorchFile open(Path path) throws IOException {
    return of(MappedFile.open(path));
  }

  /// Takes over a file, which closes with this.
  ///
  /// @throws FormatException if the file is broken, or asks for anything but tensors
  public static TorchFile of(InputFile file) throws IOException {
    try {
      return new TorchFile(file, contents(file));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Whether a file begins as PyTorch files do, or as pickles do, which are refused by what they
  /// hold.
  public static boolean matches(InputFile file) throws IOException {
    return ZipForm.matches(file) || LegacyForm.matches(file) || PickleMachine.begins(file);
  }

  private static TorchContents contents(InputFile file) throws IOException {
    if (ZipForm.matches(file)) {
      return ZipForm.read(file);
    }
    if (LegacyForm.matches(file)) {
      return LegacyForm.read(file);
    }
    if (PickleMachine.begins(file)) {
      // If the pickle would have Python do anything else, this reports that first.
      PickleMachine.read(file.cursor(0, PickleMachine.MOST_BYTES));
      throw FormatException.at(
          file.path(),
          0,
          "is a bare pickle, expected a file written by torch.save: if you trust it, load it in"
              + " Python and save its tensors as safetensors");
    }
    throw FormatException.at(
        file.path(),
        0,
        "is not a PyTorch file: neither a zip archive nor in the format before 1.6");
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public String format() {
    return contents.form();
  }

  /// PyTorch files have no metadata.
  @Override
  public Metadata metadata() {
    return Metadata.empty();
  }

  /// In the order of the dict.
  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Optional<TensorInfo> find(String name) {
    return Optional.ofNullable(index.get(name)).map(StridedTensor::info);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    StridedTensor found = known(tensor);
    try {
      if (found.isContiguous()) {
        return file.bytes(tensor.offset(), tensor.bytes());
      }
      MemorySegment copy = Arena.ofAuto().allocate(tensor.bytes());
      found.gather(file, 0, copy);
      return copy.asReadOnly();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public MemorySegment data(TensorInfo tensor, long offset, long length, MemorySegment scratch) {
    StridedTensor found = known(tensor);
    Objects.checkFromIndexSize(offset, length, tensor.bytes());
    if (found.isContiguous()) {
      return file.values(tensor.offset() + offset, length, scratch);
    }
    MemorySegment target = scratch.asSlice(0, length);
    try {
      found.gather(file, offset / tensor.type().blockBytes(), target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return target;
  }

  @Override
  public OptionalLong position(TensorInfo tensor, long offset) {
    // A view that is not contiguous begins at its first value wherever its rows lie.
    return file.position(tensor.offset() + (known(tensor).isContiguous() ? offset : 0));
  }

  private StridedTensor known(TensorInfo tensor) {
    StridedTensor found = index.get(tensor.name());
    if (found == null || !found.info().equals(tensor)) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of " + path());
    }
    return found;
  }

  @Override
  public void close() {
    file.close();
  }
}
