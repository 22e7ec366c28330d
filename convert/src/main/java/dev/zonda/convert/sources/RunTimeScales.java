package dev.zonda.convert.sources;

import dev.zonda.convert.config.Notes;
import java.util.ArrayList;
import java.util.List;

/// Tensors that matter only to programs that compute with fewer bits: scales of activations, and of
/// keys and values that are kept for later tokens. Quantized checkpoints of every kind have them.
final class RunTimeScales {
  private static final List<String> ACTIVATIONS =
      List.of(
          ".activation_scale",
          "_activation_scale",
          ".qscale_act",
          ".input_scale",
          ".input_scale_ub",
          ".input_global_scale",
          ".input_zero_point",
          ".output_scale",
          ".output_zero_point");

  private static final List<String> CACHE =
      List.of(
          ".k_scale",
          ".v_scale",
          ".kv_scale",
          ".q_scale",
          ".prob_scale",
          ".k_zero_point",
          ".v_zero_point",
          ".q_zero_point");

  private RunTimeScales() {}

  /// The other tensors.
  static List<SourceTensor> leftOut(List<SourceTensor> stored, Notes notes) {
    List<SourceTensor> others = new ArrayList<>();
    int activations = 0;
    int cache = 0;
    for (SourceTensor tensor : stored) {
      if (ACTIVATIONS.stream().anyMatch(tensor.name()::endsWith)) {
        activations++;
      } else if (CACHE.stream().anyMatch(tensor.name()::endsWith)) {
        cache++;
      } else {
        others.add(tensor);
      }
    }
    if (activations > 0) {
      notes.add(
          "left out: %s of activations, since the weights are no longer quantized"
              .formatted(scales(activations)));
    }
    if (cache > 0) {
      notes.add(
          "left out: %s of the key/value cache, which is not quantized here"
              .formatted(scales(cache)));
    }
    return others;
  }

  private static String scales(int count) {
    return count == 1 ? "1 scale" : count + " scales";
  }
}
