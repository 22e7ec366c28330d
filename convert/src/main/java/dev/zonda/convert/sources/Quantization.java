package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// How a checkpoint's weights are quantized, and how that is undone.
interface Quantization {
  /// The tensors that the model would have if it were not quantized.
  List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException;

  /// @param file to be named in messages
  /// @param fields `quantization_config`
  static Quantization of(Path file, JsonFields fields) throws FormatException {
    String method =
        fields.text("quant_method").orElseThrow(() -> fields.problem("quant_method", "is missing"));
    return switch (method) {
      case "mxfp4" -> (stored, notes) -> Mxfp4Pairs.joined(file, stored);
      case "fp8" -> new ScaledTensors(file, blocks(fields, "weight_block_size"))::dequantized;
      default ->
          throw fields.problem(
              "quant_method", "is '%s': such weights cannot be converted".formatted(method));
    };
  }

  /// The extents of blocks, if there are any.
  private static Optional<List<Long>> blocks(JsonFields fields, String name)
      throws FormatException {
    Optional<JsonNode> value = fields.get(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    List<Long> extents = new ArrayList<>();
    for (JsonNode extent : value.get()) {
      boolean isExtent = extent.isIntegralNumber() && extent.canConvertToInt();
      extents.add(isExtent ? extent.longValue() : 0);
    }
    if (!value.get().isArray() || extents.size() != 2 || extents.stream().anyMatch(n -> n < 1)) {
      throw fields.problem(name, "is not a pair of positive numbers");
    }
    return Optional.of(extents);
  }
}
