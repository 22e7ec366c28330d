package dev.zonda.convert;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Checkpoints of `testdata/families` with the same weights under other names, or packed together
/// in another way, as people's tools write them.
final class Respelling {
  private static final Pattern EXPERT =
      Pattern.compile(
          "(.*\\.(?:mlp|block_sparse_moe)\\.experts)\\.(\\d+)\\.(gate_proj|up_proj|down_proj|w[123])\\.weight");

  private static final Map<String, String> MATRICES =
      Map.of("w1", "gate_proj", "w2", "down_proj", "w3", "up_proj");

  /// @param type its name
  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  record Stored(TensorType type, Shape shape, byte[] values) {}

  private Respelling() {}

  /// Writes the folder of a seeded checkpoint with one file of weights.
  ///
  /// @param names is given all tensors by name and may change them
  static void write(String checkpoint, Path folder, UnaryOperator<Map<String, Stored>> names)
      throws IOException {
    SeededCheckpoint.write(checkpoint, folder);
    Map<String, Stored> tensors = read(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().contains(".safetensors")).toList()) {
        Files.delete(file);
      }
    }
    write(folder.resolve("model.safetensors"), names.apply(tensors));
  }

  /// All tensors of a folder.
  static Map<String, Stored> read(Path folder) throws IOException {
    Map<String, Stored> tensors = new TreeMap<>();
    try (CheckpointFolder opened = CheckpointFolder.open(folder)) {
      Checkpoint weights = opened.weights();
      for (TensorInfo tensor : weights.tensors()) {
        tensors.put(
            tensor.name(),
            new Stored(
                tensor.type(),
                tensor.shape(),
                weights.data(tensor).toArray(ValueLayout.JAVA_BYTE)));
      }
    }
    return tensors;
  }

  static void write(Path file, Map<String, Stored> tensors) throws IOException {
    List<TensorSpec> specs = new ArrayList<>();
    tensors.forEach(
        (name, tensor) -> specs.add(new TensorSpec(name, tensor.type(), tensor.shape())));
    SafetensorsLayout layout = SafetensorsLayout.plan(Metadata.empty(), specs);
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.FAIL)) {
      for (TensorInfo tensor : layout.tensors()) {
        writer.write(tensor, 0, MemorySegment.ofArray(tensors.get(tensor.name()).values()));
      }
      writer.commit();
    }
  }

  /// With other names.
  static Map<String, Stored> renamed(Map<String, Stored> tensors, UnaryOperator<String> name) {
    Map<String, Stored> renamed = new TreeMap<>();
    tensors.forEach((old, tensor) -> renamed.put(name.apply(old), tensor));
    return renamed;
  }

  /// Without what models have in front of most of their names.
  static Map<String, Stored> bare(Map<String, Stored> tensors) {
    return renamed(
        tensors,
        name -> name.replaceFirst("^(|.*language_model\\.)(model|transformer|gpt_neox)\\.", "$1"));
  }

  /// Without an output matrix.
  static Map<String, Stored> withoutHead(Map<String, Stored> tensors) {
    Map<String, Stored> rest = new TreeMap<>(tensors);
    rest.keySet().removeIf(name -> name.endsWith("lm_head.weight") || name.startsWith("embed_out"));
    return rest;
  }

  /// With the experts of a layer in two tensors, as transformers 5 has them.
  static Map<String, Stored> fused(Map<String, Stored> tensors) {
    Map<String, Stored> fused = new TreeMap<>();
    Map<String, NavigableMap<Integer, Stored>> stacks = new TreeMap<>();
    tensors.forEach((name, tensor) -> {
      Matcher expert = EXPERT.matcher(name);
      if (expert.matches()) {
        String matrix = MATRICES.getOrDefault(expert.group(3), expert.group(3));
        stacks
            .computeIfAbsent(expert.group(1) + "." + matrix, prefix -> new TreeMap<>())
            .put(Integer.valueOf(expert.group(2)), tensor);
      } else {
        fused.put(name.replace(".block_sparse_moe.", ".mlp."), tensor);
      }
    });
    stacks.forEach((name, stack) -> {
      String other = name.replace(".block_sparse_moe.", ".mlp.");
      if (name.endsWith(".down_proj")) {
        fused.put(other, joined(List.copyOf(stack.values())));
      } else if (name.endsWith(".gate_proj")) {
        Map<Integer, Stored> ups = stacks.get(name.replace(".gate_proj", ".up_proj"));
        List<Stored> both = new ArrayList<>();
        stack.forEach((expert, gate) -> both.add(above(gate, ups.get(expert))));
        fused.put(other.replace(".gate_proj", ".gate_up_proj"), joined(both));
      }
    });
    return fused;
  }

  private static Stored above(Stored first, Stored second) {
    return new Stored(
        first.type(),
        Shape.of(2 * first.shape().dimension(0), first.shape().dimension(1)),
        concatenated(List.of(first, second)));
  }

  private static Stored joined(List<Stored> matrices) {
    Shape shape = matrices.getFirst().shape();
    return new Stored(
        matrices.getFirst().type(),
        Shape.of(matrices.size(), shape.dimension(0), shape.dimension(1)),
        concatenated(matrices));
  }

  private static byte[] concatenated(List<Stored> matrices) {
    int bytes = matrices.stream().mapToInt(matrix -> matrix.values().length).sum();
    ByteBuffer all = ByteBuffer.allocate(bytes);
    matrices.forEach(matrix -> all.put(matrix.values()));
    return all.array();
  }
}
