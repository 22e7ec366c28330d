package dev.zonda.quantize;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.block.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A recipe applied to a model: every tensor's type and place in the new file, known before the
/// first byte is computed. The file is the one that llama-quantize would write.
///
/// @param layout of the new file
/// @param tasks one for each tensor, in file order
/// @param fallbacks tensors whose rows do not fit the blocks of the type that was due to them
public record QuantizationPlan(
    GgufLayout layout, List<TensorTask> tasks, List<Fallback> fallbacks) {
  /// `GGML_QNT_VERSION`: the version of the block formats.
  private static final long QUANTIZATION_VERSION = 2;

  /// @param tensor name of the tensor
  /// @param wanted the type that its mixture chose
  /// @param chosen the type that it gets
  public record Fallback(String tensor, TensorType wanted, TensorType chosen) {}

  public QuantizationPlan {
    tasks = List.copyOf(tasks);
    fallbacks = List.copyOf(fallbacks);
  }

  /// Plans the quantization of a model.
  ///
  /// @throws FormatException if the model lacks what the recipe needs, if it is quantized already
  ///   and the recipe does not allow to do so again, or if a type can be neither read nor written
  public static QuantizationPlan of(GgufModel source, Recipe recipe) throws FormatException {
    Path file = Path.of(source.name());
    List<TensorInfo> tensors = source.tensors().stream().sorted(new LayerOrder()).toList();
    try {
      TypeChooser chooser = new TypeChooser(source.metadata(), tensors, recipe);
      List<TensorSpec> specs = new ArrayList<>(tensors.size());
      for (TensorInfo tensor : tensors) {
        TensorType type = chooser.next(tensor);
        requireConvertible(file, tensor, type, recipe);
        specs.add(
            new TensorSpec(tensor.name(), type, Quantizable.significantShape(tensor.shape())));
      }
      GgufLayout layout = GgufLayout.plan(metadata(source.metadata(), recipe), specs);
      List<TensorTask> tasks = new ArrayList<>(tensors.size());
      for (int i = 0; i < tensors.size(); i++) {
        tasks.add(TensorTask.of(tensors.get(i), layout.tensors().get(i)));
      }
      return new QuantizationPlan(layout, tasks, chooser.fallbacks());
    } catch (IllegalArgumentException e) {
      throw FormatException.in(file, e.getMessage(), e);
    }
  }

  /// Bytes of all tensors before.
  public long sourceBytes() {
    return tasks.stream().mapToLong(task -> task.source().bytes()).sum();
  }

  /// Bytes of all tensors after.
  public long targetBytes() {
    return tasks.stream().mapToLong(task -> task.target().bytes()).sum();
  }

  /// Number of values in all tensors.
  public long elements() {
    return tasks.stream().mapToLong(task -> task.source().shape().elements()).sum();
  }

  /// All keys in order, with the two that say what the file is moved to the end, as the reference
  /// does it; and without those of a split file, for this one is whole.
  private static Metadata metadata(Metadata source, Recipe recipe) {
    return source.toBuilder()
        .remove("general.quantization_version")
        .remove("general.file_type")
        .putUint32("general.quantization_version", QUANTIZATION_VERSION)
        .putUint32("general.file_type", recipe.fileType().id())
        .remove("split.no")
        .remove("split.count")
        .remove("split.tensors.count")
        .build();
  }

  private static void requireConvertible(
      Path file, TensorInfo tensor, TensorType type, Recipe recipe) throws FormatException {
    if (tensor.type() == type) {
      return;
    }
    if (recipe.fileType().requiresImportance(type)
        && TensorRole.of(tensor.name()) != TensorRole.OUTPUT
        && TensorRole.of(tensor.name()) != TensorRole.TOKEN_EMBEDDING) {
      throw FormatException.in(
          file,
          "tensor '%s' would become %s, which is worthless without an importance matrix; choose"
                  .formatted(tensor.name(), type)
              + " a larger type");
    }
    if (tensor.type().isQuantized() && !recipe.has(Recipe.Option.ALLOW_REQUANTIZE)) {
      throw FormatException.in(
          file,
          ("tensor '%s' is quantized already (%s); start from the 16 or 32 bit model, or give"
                  + " --allow-requantize to lose more quality")
              .formatted(tensor.name(), tensor.type()));
    }
    if (Codecs.of(tensor.type()).isEmpty()) {
      throw FormatException.in(
          file,
          "tensor '%s' is of type %s, which cannot be read"
              .formatted(tensor.name(), tensor.type()));
    }
    if (Codecs.of(type).isEmpty()) {
      throw FormatException.in(
          file,
          "tensor '%s' would become %s, which cannot be written".formatted(tensor.name(), type));
    }
  }
}
