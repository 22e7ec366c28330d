package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// A model in parts for several devices, as Meta publishes it, and xAI Grok 2: files name the same
/// tensors, and each has some rows or columns of a matrix. This class shows whole tensors, whose
/// values are put together as they are read. A tensor that only one file names is whole there.
public final class PartedCheckpoint implements Checkpoint {
  private static final long STEP_BYTES = 1 << 24;

  /// Stands for the device of files whose tensors are whole.
  private static final int WHOLE = -1;

  private final Path path;
  private final List<Checkpoint> files;
  private final SequencedMap<String, PartedTensor> tensors;

  private PartedCheckpoint(
      Path path, List<Checkpoint> files, SequencedMap<String, PartedTensor> tensors) {
    this.path = path;
    this.files = files;
    this.tensors = tensors;
  }

  /// @param names of the files, by the numbers of the devices
  static PartedCheckpoint open(Folder folder, List<String> names) throws IOException {
    List<Checkpoint> files = new ArrayList<>();
    try {
      for (String name : names) {
        requireNumber(folder, name, files.size());
        InputFile file =
            folder
                .open(name)
                .orElseThrow(() -> FormatException.in(folder.path(), "changes while it is read"));
        files.add(WeightFile.open(file));
      }
      return new PartedCheckpoint(folder.path(), List.copyOf(files), joined(files));
    } catch (IOException | RuntimeException e) {
      files.forEach(Checkpoint::close);
      throw e;
    }
  }

  /// Opens files whose names say which device's parts they hold.
  static PartedCheckpoint openRanked(Folder folder, List<String> names) throws IOException {
    List<Checkpoint> files = new ArrayList<>();
    try {
      SequencedMap<String, SortedMap<Integer, PartedTensor.Part>> parts = new TreeMap<>();
      Set<Integer> devices = new TreeSet<>();
      for (String name : names) {
        InputFile input =
            folder
                .open(name)
                .orElseThrow(() -> FormatException.in(folder.path(), "changes while it is read"));
        Checkpoint file = WeightFile.open(input);
        files.add(file);
        int device = RankedFile.of(name).orElseThrow().device().orElse(WHOLE);
        devices.add(device);
        for (TensorInfo tensor : file.tensors()) {
          PartedTensor.Part part = new PartedTensor.Part(file, tensor);
          var other =
              parts.computeIfAbsent(tensor.name(), key -> new TreeMap<>()).put(device, part);
          if (other != null) {
            throw FormatException.in(
                file.path(),
                "holds tensor '%s', which is also in '%s'"
                    .formatted(tensor.name(), other.file().path().getFileName()));
          }
        }
      }
      devices.remove(WHOLE);
      SequencedMap<String, PartedTensor> tensors = new LinkedHashMap<>();
      for (var tensor : parts.entrySet()) {
        List<PartedTensor.Part> all = List.copyOf(tensor.getValue().values());
        tensors.put(
            tensor.getKey(),
            PartedTensor.of(all, ranked(tensor.getKey(), tensor.getValue(), devices)));
      }
      return new PartedCheckpoint(folder.path(), List.copyOf(files), tensors);
    } catch (IOException | RuntimeException e) {
      files.forEach(Checkpoint::close);
      throw e;
    }
  }

  private static PartedTensor.Join ranked(
      String name, SortedMap<Integer, PartedTensor.Part> parts, Set<Integer> devices)
      throws FormatException {
    if (parts.firstKey() == WHOLE && parts.size() == 1) {
      return PartedTensor.Join.FIRST;
    }
    Path file = parts.firstEntry().getValue().file().path();
    for (int device = 0; device < devices.size(); device++) {
      if (!parts.containsKey(device) || parts.size() != devices.size()) {
        throw FormatException.in(
            file,
            "tensor '%s' is there for devices %s, expected a part for each of 0 to %d"
                .formatted(name, parts.keySet(), Collections.max(devices)));
      }
    }
    return PartedNames.ranked(name)
        .orElseThrow(() ->
            FormatException.in(
                file,
                "tensor '%s' is in parts, but zonda does not know how to join them"
                    .formatted(name)));
  }

  private static void requireNumber(Folder folder, String name, int number) throws FormatException {
    String expected = "consolidated.%02d.".formatted(number);
    if (!name.startsWith(expected)) {
      throw FormatException.in(
          folder.path(), "holds '%s', but no '%s*' before it".formatted(name, expected));
    }
  }

  private static SequencedMap<String, PartedTensor> joined(List<Checkpoint> files)
      throws FormatException {
    SequencedMap<String, List<PartedTensor.Part>> parts = new LinkedHashMap<>();
    for (Checkpoint file : files) {
      for (TensorInfo tensor : file.tensors()) {
        parts
            .computeIfAbsent(tensor.name(), name -> new ArrayList<>())
            .add(new PartedTensor.Part(file, tensor));
      }
    }
    SequencedMap<String, PartedTensor> tensors = new LinkedHashMap<>();
    PartedNames names = PartedNames.of(parts);
    for (Map.Entry<String, List<PartedTensor.Part>> tensor : parts.entrySet()) {
      PartedTensor.Join join = join(tensor.getKey(), tensor.getValue(), names, files.size());
      tensors.put(tensor.getKey(), PartedTensor.of(tensor.getValue(), join));
    }
    return tensors;
  }

  private static PartedTensor.Join join(
      String name, List<PartedTensor.Part> parts, PartedNames names, int files)
      throws FormatException {
    if (parts.size() == 1) {
      return PartedTensor.Join.FIRST;
    }
    Path file = parts.getFirst().file().path();
    if (parts.size() != files) {
      throw FormatException.in(
          file,
          "tensor '%s' is in %d of %d files, expected it in one or in all"
              .formatted(name, parts.size(), files));
    }
    return names
        .join(name)
        .orElseThrow(() ->
            FormatException.in(
                file,
                "tensor '%s' is in all %d files, but zonda does not know how to join its parts"
                    .formatted(name, files)));
  }

  /// The folder.
  @Override
  public Path path() {
    return path;
  }

  @Override
  public List<Path> files() {
    return files.stream().map(Checkpoint::path).toList();
  }

  @Override
  public String format() {
    return files.getFirst().format() + " in " + files.size() + " parts";
  }

  @Override
  public Metadata metadata() {
    return files.getFirst().metadata();
  }

  /// In the first file's order; each offset is that of the first part in its own file.
  @Override
  public List<TensorInfo> tensors() {
    Collection<PartedTensor> all = tensors.values();
    return all.stream().map(PartedTensor::info).toList();
  }

  @Override
  public Optional<TensorInfo> find(String name) {
    return Optional.ofNullable(tensors.get(name)).map(PartedTensor::info);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    MemorySegment whole = Arena.ofAuto().allocate(tensor.bytes());
    long step = Math.max(tensor.rowBytes(), STEP_BYTES);
    for (long from = 0; from < tensor.bytes(); from += step) {
      MemorySegment target = whole.asSlice(from, Math.min(step, tensor.bytes() - from));
      MemorySegment found = data(tensor, from, target.byteSize(), target);
      MemorySegment.copy(found, 0, target, 0, target.byteSize());
    }
    return whole.asReadOnly();
  }

  @Override
  public MemorySegment data(TensorInfo tensor, long offset, long length, MemorySegment scratch) {
    return known(tensor).data(offset, length, scratch);
  }

  @Override
  public OptionalLong position(TensorInfo tensor, long offset) {
    return known(tensor).position(offset);
  }

  private PartedTensor known(TensorInfo tensor) {
    PartedTensor found = tensors.get(tensor.name());
    if (found == null || !found.info().equals(tensor)) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of " + path);
    }
    return found;
  }

  @Override
  public void close() {
    files.forEach(Checkpoint::close);
  }
}
