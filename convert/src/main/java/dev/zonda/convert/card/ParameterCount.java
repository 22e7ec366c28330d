package dev.zonda.convert.card;

import dev.zonda.formats.TensorSpec;
import java.util.List;

/// How many parameters a model has.
///
/// @param total all of them
/// @param shared those that every token goes through
/// @param perExpert of one expert in all layers
/// @param experts per layer, 0 if there are none
public record ParameterCount(long total, long shared, long perExpert, long experts) {
  /// Counts the values of tensors in GGUF's terms.
  public static ParameterCount of(List<TensorSpec> tensors) {
    long total = 0;
    long shared = 0;
    long perExpert = 0;
    long experts = 0;
    long expertTensors = 0;
    for (TensorSpec tensor : tensors) {
      long size = tensor.shape().elements();
      int rank = tensor.shape().rank();
      total = Math.addExact(total, size);
      // The expert dimension is the outermost; a stack of vectors has one dimension less, and
      // llama.cpp's converter does not count it as one of experts.
      if (tensor.name().contains("_exps.") && rank >= 3) {
        long count = tensor.shape().dimension(rank - (tensor.name().contains(".bias") ? 2 : 3));
        perExpert += size / count;
        experts += count;
        expertTensors++;
      } else {
        shared += size;
      }
    }
    return new ParameterCount(
        total, shared, perExpert, expertTensors == 0 ? 0 : experts / expertTensors);
  }

  /// As people say it: `7B`, `8x7B`.
  String label() {
    return experts == 0
        ? SizeLabel.of(total)
        : experts + "x" + SizeLabel.of(Math.addExact(shared, perExpert));
  }
}
