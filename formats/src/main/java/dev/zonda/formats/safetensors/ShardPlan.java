package dev.zonda.formats.safetensors;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.output.FileLayout;
import dev.zonda.formats.output.FileSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A model in several safetensors files, each planned whole, with the index that Hugging Face's
/// libraries open it by; or in one file, which needs no index. Written by a
/// [dev.zonda.formats.output.FileSetWriter].
///
/// @param shards the files with tensors, in order
public record ShardPlan(List<SafetensorsLayout> shards) {
  private static final String INDEX = "model.safetensors.index.json";
  private static final String WHOLE = "model.safetensors";

  /// Names have five digits.
  private static final int MOST_SHARDS = 99_999;

  /// @throws IllegalArgumentException if there is no shard, or more than can be numbered
  public ShardPlan {
    shards = List.copyOf(shards);
    if (shards.isEmpty() || shards.size() > MOST_SHARDS) {
      throw new IllegalArgumentException(
          "there would be %d shards, expected 1 to %d".formatted(shards.size(), MOST_SHARDS));
    }
  }

  /// Plans shards in the order of the tensors, each as full as the limit allows. A larger tensor
  /// gets a shard of its own, before the one that is being filled, as huggingface_hub does it.
  ///
  /// @param metadata strings, which each shard gets
  /// @param mostBytes of the tensors in a shard, without its header
  /// @throws IllegalArgumentException if there would be more shards than can be numbered, or one
  ///   that cannot be planned
  public static ShardPlan of(Metadata metadata, List<TensorSpec> tensors, long mostBytes) {
    List<List<TensorSpec>> groups = new ArrayList<>();
    List<TensorSpec> group = new ArrayList<>();
    long groupBytes = 0;
    for (TensorSpec tensor : tensors) {
      if (tensor.bytes() > mostBytes) {
        groups.add(List.of(tensor));
        continue;
      }
      // Neither is larger than the limit: the difference cannot overflow.
      if (groupBytes > mostBytes - tensor.bytes()) {
        groups.add(group);
        group = new ArrayList<>();
        groupBytes = 0;
      }
      group.add(tensor);
      groupBytes += tensor.bytes();
    }
    if (!group.isEmpty() || groups.isEmpty()) {
      groups.add(group);
    }
    return ofGroups(metadata, groups);
  }

  /// Plans shards whose tensors are decided already.
  ///
  /// @param metadata strings, which each shard gets
  /// @param groups the tensors of each shard
  /// @throws IllegalArgumentException if there are more shards than can be numbered, or one that
  ///   cannot be planned
  public static ShardPlan ofGroups(Metadata metadata, List<List<TensorSpec>> groups) {
    return new ShardPlan(
        groups.stream().map(group -> SafetensorsLayout.plan(metadata, group)).toList());
  }

  private boolean hasIndex() {
    return shards.size() > 1;
  }

  /// The files' names: `model.safetensors`; or first the index, `model.safetensors.index.json`,
  /// then `model-00001-of-00003.safetensors` and so on.
  public List<Path> files(Path folder) {
    List<Path> files = new ArrayList<>(shards.size() + 1);
    if (hasIndex()) {
      files.add(folder.resolve(INDEX));
    }
    shardNames().forEach(name -> files.add(folder.resolve(name)));
    return files;
  }

  private List<String> shardNames() {
    return hasIndex()
        ? IntStream.rangeClosed(1, shards.size())
            .mapToObj(number -> "model-%05d-of-%05d.safetensors".formatted(number, shards.size()))
            .toList()
        : List.of(WHOLE);
  }

  /// The files of [#files] as a writer takes them.
  ///
  /// @throws IllegalArgumentException if a tensor is in two shards
  public FileSet fileSet() {
    List<FileLayout> layouts = new ArrayList<>(shards.size() + 1);
    if (hasIndex()) {
      layouts.add(ShardIndexLayout.of(shardNames(), shards));
    }
    layouts.addAll(shards);
    return new FileSet(layouts);
  }
}
