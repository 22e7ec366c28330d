package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.expression.Load;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.ShardedCheckpoint;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.safetensors.SafetensorsFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Lists the tensors of a checkpoint for conversion.
public final class SourceTensors {
  private SourceTensors() {}

  /// All tensors that a family wants, in the reference's order: file by file, those of safetensors
  /// by name.
  ///
  /// @param isWanted by full name; the others are not looked at
  /// @throws FormatException if a tensor is of a type that cannot be converted
  public static List<SourceTensor> of(
      Checkpoint weights, JsonFields config, Predicate<String> isWanted) throws FormatException {
    boolean inPairs = method(config).equals("mxfp4");
    if (config.has("quantization_config") && !inPairs) {
      throw config.problem(
          "quantization_config", "is set: weights that are quantized already cannot be converted");
    }
    List<SourceTensor> tensors = new ArrayList<>();
    List<? extends Checkpoint> files = files(weights);
    for (int file = 0; file < files.size(); file++) {
      for (TensorInfo tensor : inOrder(files.get(file))) {
        if (isWanted.test(tensor.name())) {
          if (!inPairs || tensor.type() != TensorType.U8) {
            requireFloats(weights, tensor);
          }
          tensors.add(new SourceTensor(tensor.name(), new Load(weights, tensor), file));
        }
      }
    }
    return inPairs ? Mxfp4Pairs.joined(weights.path(), tensors) : tensors;
  }

  private static String method(JsonFields config) throws FormatException {
    Optional<JsonFields> quantization = config.object("quantization_config");
    return quantization.isEmpty() ? "" : quantization.get().text("quant_method").orElse("");
  }

  /// The files of a checkpoint, in the order that their tensors are listed in.
  public static List<? extends Checkpoint> files(Checkpoint weights) {
    return weights instanceof ShardedCheckpoint sharded ? sharded.shards() : List.of(weights);
  }

  /// The type of the first 16-bit matrix, if there is one. What config.json says about it is not
  /// reliable.
  public static Optional<TensorType> halfType(Checkpoint weights, Predicate<String> isWanted) {
    return files(weights).stream()
        .flatMap(file -> inOrder(file).stream())
        .filter(tensor -> isWanted.test(tensor.name()))
        .filter(tensor -> tensor.type() == TensorType.BF16 || tensor.type() == TensorType.F16)
        .filter(tensor -> tensor.shape().rank() >= 2)
        .map(TensorInfo::type)
        .findFirst();
  }

  private static List<TensorInfo> inOrder(Checkpoint file) {
    return file instanceof SafetensorsFile
        ? file.tensors().stream().sorted(Comparator.comparing(TensorInfo::name)).toList()
        : file.tensors();
  }

  private static void requireFloats(Checkpoint weights, TensorInfo tensor) throws FormatException {
    switch (tensor.type()) {
      case F32, F16, BF16 -> {
        // These are converted.
      }
      default ->
          throw FormatException.in(
              weights.path(),
              "tensor '%s' is of type %s, expected F32, F16 or BF16"
                  .formatted(tensor.name(), tensor.type()));
    }
  }
}
