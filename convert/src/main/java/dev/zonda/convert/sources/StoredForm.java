package dev.zonda.convert.sources;

import dev.zonda.formats.TensorType;
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
            !isFloat(tensor.values().type()) || PARTS.stream().anyMatch(tensor.name()::endsWith));
  }

  private static boolean isFloat(TensorType type) {
    return switch (type) {
      case F64, F32, F16, BF16 -> true;
      default -> false;
    };
  }
}
