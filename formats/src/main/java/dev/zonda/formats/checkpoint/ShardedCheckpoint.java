package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.ContainedFolder;
import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.Links;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;

/// Several files of weights, most often with an `*.index.json` that says which tensor is where.
///
/// Index and files must agree: no tensor may be missing, elsewhere than the index says, or unknown
/// to the index. Without one, no tensor may be in two files.
public final class ShardedCheckpoint implements Checkpoint {
  private final Path path;
  private final List<Checkpoint> shards;
  private final List<TensorInfo> tensors;
  private final Metadata metadata;
  private final Map<String, Checkpoint> shardOf;

  private ShardedCheckpoint(Path path, List<Checkpoint> shards, Map<String, Checkpoint> shardOf) {
    this.path = path;
    this.shards = shards;
    this.shardOf = shardOf;
    this.tensors = shards.stream().flatMap(shard -> shard.tensors().stream()).toList();
    this.metadata = shards.getFirst().metadata();
  }

  /// Opens an index and all files that it names, which must lie in its folder.
  ///
  /// @throws FormatException if one of them is not what the format demands
  public static ShardedCheckpoint open(Path index) throws IOException {
    return open(
        ContainedFolder.open(
            Optional.ofNullable(index.getParent()).orElse(Path.of(".")), Links.WITHIN),
        MappedFile.open(index));
  }

  /// @param folder that the files lie in
  /// @param indexFile is closed
  static ShardedCheckpoint open(Folder folder, InputFile indexFile) throws IOException {
    Path index = indexFile.path();
    Map<String, String> weightMap = ShardIndex.read(indexFile);
    List<Checkpoint> shards = new ArrayList<>();
    try {
      Map<String, Checkpoint> shardOf = new HashMap<>();
      for (String name : new TreeSet<>(weightMap.values())) {
        Checkpoint shard = openShard(index, folder, name);
        shards.add(shard);
        takeTensors(index, shard, name, weightMap, shardOf);
      }
      requireAll(index, weightMap, shardOf);
      return new ShardedCheckpoint(index, List.copyOf(shards), shardOf);
    } catch (IOException | RuntimeException e) {
      shards.forEach(Checkpoint::close);
      throw e;
    }
  }

  /// Opens files without an index: each tensor must be in one of them.
  ///
  /// @param files in their order; where they are numbered, all must be there
  static ShardedCheckpoint openAll(Folder folder, WeightFiles files) throws IOException {
    requireComplete(folder, files);
    List<Checkpoint> shards = new ArrayList<>();
    try {
      Map<String, Checkpoint> shardOf = new HashMap<>();
      for (String name : files.names()) {
        Checkpoint shard = openShard(folder.path(), folder, name);
        shards.add(shard);
        for (TensorInfo tensor : shard.tensors()) {
          Checkpoint other = shardOf.put(tensor.name(), shard);
          if (other != null) {
            throw FormatException.in(
                shard.path(),
                "holds tensor '%s', which is also in '%s'"
                    .formatted(tensor.name(), other.path().getFileName()));
          }
        }
      }
      return new ShardedCheckpoint(folder.path(), List.copyOf(shards), shardOf);
    } catch (IOException | RuntimeException e) {
      shards.forEach(Checkpoint::close);
      throw e;
    }
  }

  private static void requireComplete(Folder folder, WeightFiles files) throws FormatException {
    Optional<String> missing = files.firstMissing();
    if (missing.isPresent()) {
      throw FormatException.in(
          folder.path(),
          "'%s' is missing from the set that '%s' belongs to: download it again"
              .formatted(missing.get(), files.names().getLast()));
    }
  }

  private static Checkpoint openShard(Path index, Folder folder, String name) throws IOException {
    InputFile file =
        folder
            .open(name)
            .orElseThrow(
                () -> FormatException.in(index, "names the file '" + name + "', which is missing"));
    return WeightFile.open(file);
  }

  private static void takeTensors(
      Path index,
      Checkpoint shard,
      String name,
      Map<String, String> weightMap,
      Map<String, Checkpoint> shardOf)
      throws FormatException {
    for (TensorInfo tensor : shard.tensors()) {
      String expected = weightMap.get(tensor.name());
      if (expected == null) {
        throw FormatException.in(
            shard.path(),
            "holds tensor '%s', which %s does not list"
                .formatted(tensor.name(), index.getFileName()));
      }
      if (!expected.equals(name)) {
        throw FormatException.in(
            shard.path(),
            "holds tensor '%s', which %s places in '%s'"
                .formatted(tensor.name(), index.getFileName(), expected));
      }
      shardOf.put(tensor.name(), shard);
    }
  }

  private static void requireAll(
      Path index, Map<String, String> weightMap, Map<String, Checkpoint> shardOf)
      throws FormatException {
    for (Map.Entry<String, String> entry : weightMap.entrySet()) {
      if (!shardOf.containsKey(entry.getKey())) {
        throw FormatException.in(
            index,
            "places tensor '%s' in '%s', which does not hold it"
                .formatted(entry.getKey(), entry.getValue()));
      }
    }
  }

  /// The index, or the folder where there is none.
  @Override
  public Path path() {
    return path;
  }

  @Override
  public List<Path> files() {
    return shards.stream().map(Checkpoint::path).toList();
  }

  @Override
  public String format() {
    return shards.getFirst().format() + " in " + shards.size() + " files";
  }

  /// The `__metadata__` of the first file.
  @Override
  public Metadata metadata() {
    return metadata;
  }

  /// The files, ordered by name.
  public List<Checkpoint> shards() {
    return shards;
  }

  /// File after file, ordered by name; each offset counts in its own file.
  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Optional<TensorInfo> find(String name) {
    return Optional.ofNullable(shardOf.get(name)).flatMap(shard -> shard.find(name));
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    return shardOf(tensor).data(tensor);
  }

  @Override
  public MemorySegment data(TensorInfo tensor, long offset, long length, MemorySegment scratch) {
    return shardOf(tensor).data(tensor, offset, length, scratch);
  }

  @Override
  public OptionalLong position(TensorInfo tensor, long offset) {
    return shardOf(tensor).position(tensor, offset);
  }

  private Checkpoint shardOf(TensorInfo tensor) {
    Checkpoint shard = shardOf.get(tensor.name());
    if (shard == null) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of " + path);
    }
    return shard;
  }

  @Override
  public void close() {
    shards.forEach(Checkpoint::close);
  }
}
