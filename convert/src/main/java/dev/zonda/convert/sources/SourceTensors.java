package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Load;
import dev.zonda.convert.expression.Narrow;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.ShardedCheckpoint;
import dev.zonda.formats.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// Lists the tensors of a checkpoint for conversion.
public final class SourceTensors {
  private SourceTensors() {}

  /// All tensors that a family wants, in llama.cpp's order: file by file, those of safetensors by
  /// name. What is quantized is given in plain numbers, except for MXFP4.
  ///
  /// @param isWanted by full name; the others are not looked at
  /// @param order the name by which a tensor of a safetensors file is sorted
  /// @throws FormatException if a tensor is of a type that cannot be converted, or if config.json
  ///   names a quantization that cannot be undone
  public static List<SourceTensor> of(
      Checkpoint weights,
      JsonFields config,
      Predicate<String> isWanted,
      UnaryOperator<String> order,
      Notes notes)
      throws FormatException {
    List<SourceTensor> stored = new ArrayList<>();
    List<? extends Checkpoint> files = files(weights);
    for (int file = 0; file < files.size(); file++) {
      for (TensorInfo tensor : inOrder(files.get(file), order)) {
        if (isWanted.test(tensor.name())) {
          stored.add(new SourceTensor(tensor.name(), new Load(weights, tensor), file));
        }
      }
    }
    List<SourceTensor> tensors = Quantization.undone(weights.path(), config, stored, notes);
    List<SourceTensor> plain = new ArrayList<>();
    for (SourceTensor tensor : tensors) {
      boolean isDouble = tensor.values().type() == TensorType.F64;
      plain.add(
          isDouble
              ? new SourceTensor(tensor.name(), new Narrow(tensor.values()), tensor.file())
              : tensor);
    }
    for (SourceTensor tensor : plain) {
      if (tensor.values().type() != TensorType.MXFP4) {
        requireFloats(weights.path(), tensor);
      }
    }
    return plain;
  }

  /// Whether config.json says that matrices are rounded to three values while a network runs.
  public static boolean areRoundedLater(JsonFields config) throws FormatException {
    Optional<JsonFields> fields = Quantization.fields(config);
    return fields.isPresent() && Quantization.isOnline(fields.get());
  }

  /// Whether config.json says how weights are quantized.
  public static boolean describesQuantization(JsonFields config) throws FormatException {
    return Quantization.fields(config).isPresent();
  }

  /// The files of a checkpoint, in the order that their tensors are listed in.
  public static List<? extends Checkpoint> files(Checkpoint weights) {
    return weights instanceof ShardedCheckpoint sharded ? sharded.shards() : List.of(weights);
  }

  /// The type of the first 16-bit matrix, if there is one. What config.json says about it is not
  /// reliable.
  ///
  /// @param order as in [#of]
  public static Optional<TensorType> halfType(
      Checkpoint weights, Predicate<String> isWanted, UnaryOperator<String> order) {
    return files(weights).stream()
        .flatMap(file -> inOrder(file, order).stream())
        .filter(tensor -> isWanted.test(tensor.name()))
        .filter(tensor -> tensor.type() == TensorType.BF16 || tensor.type() == TensorType.F16)
        .filter(tensor -> tensor.shape().rank() >= 2)
        .map(TensorInfo::type)
        .findFirst();
  }

  private static List<TensorInfo> inOrder(Checkpoint file, UnaryOperator<String> order) {
    if (!(file instanceof SafetensorsFile)) {
      return file.tensors();
    }
    Map<TensorInfo, String> names = new HashMap<>();
    file.tensors().forEach(tensor -> names.put(tensor, order.apply(tensor.name())));
    return file.tensors().stream().sorted(Comparator.comparing(names::get)).toList();
  }

  static void requireFloats(Path file, SourceTensor tensor) throws FormatException {
    switch (tensor.values().type()) {
      case F32, F16, BF16 -> {
        // These are converted.
      }
      default ->
          throw FormatException.in(
              file,
              "tensor '%s' is of type %s, expected F32, F16 or BF16"
                  .formatted(tensor.name(), tensor.values().type()));
    }
  }
}
