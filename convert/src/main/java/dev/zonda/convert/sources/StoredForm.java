package dev.zonda.convert.sources;

import java.util.List;

/// Tells tensors that a quantizer has written from those of a plain checkpoint.
final class StoredForm {
  /// Ends of names that only parts of quantized tensors have.
  private static final List<String> PARTS =
      List.of(
          ".qweight",
          ".qzeros",
          ".g_idx",
          "_scale_inv",
          ".weight_scale",
          ".weight_packed",
          ".weight_zero_point",
          ".qscale_weight");

  private StoredForm() {}

  /// Whether any of the tensors is quantized, or a part of one that is.
  static boolean isQuantized(List<SourceTensor> stored) {
    return stored.stream()
        .anyMatch(tensor ->
            !tensor.values().type().isPlainFloat()
                || PARTS.stream().anyMatch(tensor.name()::endsWith));
  }
}
