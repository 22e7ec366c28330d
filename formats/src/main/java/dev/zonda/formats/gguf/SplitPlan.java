package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.output.FileSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A GGUF model in several files, each planned whole: what llama-gguf-split would write, or
/// llama-quantize where it keeps the files of its input. Written by a
/// [dev.zonda.formats.output.FileSetWriter].
///
/// The first file holds the model's metadata; all of them hold keys that say which one they are.
///
/// @param parts the files, in order
/// @param oversized tensors that are larger than a file should be: each is alone in its file
public record SplitPlan(List<GgufLayout> parts, List<TensorSpec> oversized) {
  /// What the first file holds.
  public enum FirstFile {
    METADATA_AND_TENSORS,
    METADATA_ONLY
  }

  /// Which tool's order the `split.*` keys have: equal bytes need equal order.
  public enum KeyOrder {
    /// `llama-gguf-split`: number, tensors, files.
    SPLITTER,
    /// `llama-quantize --keep-split`: number, files, tensors; none at all in a single file.
    QUANTIZER
  }

  public SplitPlan {
    parts = List.copyOf(parts);
    oversized = List.copyOf(oversized);
  }

  /// Plans a split in the order of the tensors, each file as full as the limit allows. Keys of an
  /// earlier split are replaced.
  ///
  /// @param metadata of the whole model
  /// @throws IllegalArgumentException if there would be more files than can be numbered
  public static SplitPlan of(
      Metadata metadata, List<TensorSpec> tensors, SplitLimit limit, FirstFile first) {
    List<List<TensorSpec>> groups = new ArrayList<>();
    if (first == FirstFile.METADATA_ONLY) {
      groups.add(List.of());
    }
    List<TensorSpec> oversized = new ArrayList<>();
    List<TensorSpec> group = new ArrayList<>();
    long groupBytes = 0;
    for (TensorSpec tensor : tensors) {
      long bytes = GgufLayout.align(tensor.bytes(), GgufLayout.DEFAULT_ALIGNMENT);
      long withTensor = Math.addExact(groupBytes, bytes);
      boolean isFull = limit.isExceeded(group.size(), withTensor);
      if (limit instanceof SplitLimit.MostBytes(long most) && bytes > most) {
        oversized.add(tensor);
      }
      if (isFull && !group.isEmpty()) {
        groups.add(group);
        group = new ArrayList<>();
        withTensor = bytes;
      }
      group.add(tensor);
      groupBytes = withTensor;
    }
    groups.add(group);
    return new SplitPlan(layouts(metadata, groups, KeyOrder.SPLITTER), oversized);
  }

  /// Plans a split as llama.cpp's converter does: a tensor that would exceed one of the limits
  /// begins a new file, and the bytes of tensors count without padding.
  ///
  /// @param metadata of the whole model
  /// @throws IllegalArgumentException if there would be more files than can be numbered
  public static SplitPlan within(
      List<SplitLimit> limits, Metadata metadata, List<TensorSpec> tensors) {
    List<List<TensorSpec>> groups = new ArrayList<>();
    List<TensorSpec> group = new ArrayList<>();
    long groupBytes = 0;
    for (TensorSpec tensor : tensors) {
      long bytes = Math.addExact(groupBytes, tensor.bytes());
      int count = group.size();
      boolean isFull = limits.stream().anyMatch(limit -> limit.isExceeded(count, bytes));
      if (isFull && !group.isEmpty()) {
        groups.add(group);
        group = new ArrayList<>();
        groupBytes = 0;
      }
      group.add(tensor);
      groupBytes += tensor.bytes();
    }
    groups.add(group);
    return ofGroups(metadata, groups, KeyOrder.QUANTIZER);
  }

  /// Plans files whose tensors are decided already, such as those of a model that stays split.
  ///
  /// @param metadata of the whole model
  /// @param groups the tensors of each file
  /// @throws IllegalArgumentException if there are more files than can be numbered
  public static SplitPlan ofGroups(
      Metadata metadata, List<List<TensorSpec>> groups, KeyOrder order) {
    return new SplitPlan(layouts(metadata, groups, order), List.of());
  }

  /// Plans the single file that merges all files of a split model. As llama-gguf-split does, it
  /// leaves the keys in it and sets the number of files to 0.
  ///
  /// @throws FormatException if the model is not split
  public static GgufLayout merged(GgufFile model) throws FormatException {
    if (model.metadata().integer(GgufSplits.COUNT).orElse(0) < 1) {
      throw FormatException.in(
          model.path(),
          "is a whole model (no " + GgufSplits.COUNT + "): there is nothing to merge");
    }
    Metadata metadata =
        model.metadata().toBuilder()
            .remove(GgufSplits.COUNT)
            .put(GgufSplits.COUNT, new MetadataValue.Uint16(0))
            .build();
    return GgufLayout.plan(metadata, specs(model));
  }

  /// The tensors of a model as ggml writes them: without outer dimensions of one.
  public static List<TensorSpec> specs(GgufModel model) {
    return model.tensors().stream()
        .map(TensorInfo::spec)
        .map(spec -> new TensorSpec(spec.name(), spec.type(), spec.shape().withoutOuterOnes()))
        .toList();
  }

  /// The files' names: `PREFIX-00001-of-00003.gguf` and so on.
  public List<Path> files(Path prefix) {
    return IntStream.rangeClosed(1, parts.size())
        .mapToObj(number -> Path.of(prefix + GgufSplits.suffix(number, parts.size())))
        .toList();
  }

  /// The files as a writer takes them.
  public FileSet fileSet() {
    return new FileSet(parts);
  }

  private static List<GgufLayout> layouts(
      Metadata metadata, List<List<TensorSpec>> groups, KeyOrder order) {
    if (groups.size() > GgufSplits.MOST_FILES) {
      throw new IllegalArgumentException(
          "there would be %d files, and only %d can be numbered: allow larger files"
              .formatted(groups.size(), GgufSplits.MOST_FILES));
    }
    int tensors = groups.stream().mapToInt(List::size).sum();
    List<GgufLayout> layouts = new ArrayList<>(groups.size());
    for (int i = 0; i < groups.size(); i++) {
      Metadata.Builder keys =
          (i == 0 ? metadata : Metadata.empty())
              .toBuilder()
                  .remove(GgufSplits.NUMBER)
                  .remove(GgufSplits.TENSORS)
                  .remove(GgufSplits.COUNT);
      if (order == KeyOrder.SPLITTER || groups.size() > 1) {
        putKeys(keys, i, groups.size(), tensors, order);
      }
      layouts.add(GgufLayout.plan(keys.build(), groups.get(i)));
    }
    return layouts;
  }

  private static void putKeys(
      Metadata.Builder keys, int index, int files, int tensors, KeyOrder order) {
    MetadataValue count = new MetadataValue.Uint16(files);
    MetadataValue total = new MetadataValue.Int32(tensors);
    keys.put(GgufSplits.NUMBER, new MetadataValue.Uint16(index));
    switch (order) {
      case SPLITTER -> keys.put(GgufSplits.TENSORS, total).put(GgufSplits.COUNT, count);
      case QUANTIZER -> keys.put(GgufSplits.COUNT, count).put(GgufSplits.TENSORS, total);
    }
  }
}
