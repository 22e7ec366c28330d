package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.GroupedColumns;
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
      case "gptq" -> gptq(file, fields);
      case "awq" -> awq(file, fields);
      case "compressed-tensors" -> CompressedTensors.of(file, fields);
      default ->
          throw fields.problem(
              "quant_method", "is '%s': such weights cannot be converted".formatted(method));
    };
  }

  private static Quantization gptq(Path file, JsonFields fields) throws FormatException {
    int zeroOffset =
        switch (fields.text("checkpoint_format").orElse("gptq")) {
          // The first version stores zeros less one.
          case "gptq" -> 1;
          case "gptq_v2" -> 0;
          default ->
              throw fields.problem(
                  "checkpoint_format",
                  "is '%s', expected gptq or gptq_v2"
                      .formatted(fields.text("checkpoint_format").orElse("")));
        };
    GroupedColumns.Packing packing =
        new GroupedColumns.Packing(
            bits(fields, "bits"), GroupedColumns.Direction.INPUTS, zeroOffset);
    return new GroupedInts(file, packing, groupSize(fields));
  }

  private static Quantization awq(Path file, JsonFields fields) throws FormatException {
    String version = fields.text("version").orElse("gemm");
    if (!version.equals("gemm")) {
      throw fields.problem("version", "is '%s', expected gemm".formatted(version));
    }
    if (bits(fields, "bits") != 4) {
      throw fields.problem("bits", "is not 4");
    }
    GroupedColumns.Packing packing =
        new GroupedColumns.Packing(4, GroupedColumns.Direction.OUTPUTS, 0);
    return new GroupedInts(file, packing, groupSize(fields));
  }

  /// Bits of a number.
  static int bits(JsonFields fields, String name) throws FormatException {
    int bits =
        (int)
            fields
                .integer(name, 1, Integer.SIZE)
                .orElseThrow(() -> fields.problem(name, "is missing"));
    if (bits != 2 && bits != 4 && bits != 8) {
      throw fields.problem(name, "is %d, expected 2, 4 or 8".formatted(bits));
    }
    return bits;
  }

  /// Inputs that share a scale; 0 for all.
  static long groupSize(JsonFields fields) throws FormatException {
    long size =
        fields
            .integer("group_size", -1, Integer.MAX_VALUE)
            .orElseThrow(() -> fields.problem("group_size", "is missing"));
    return Math.max(0, size);
  }

  /// The extents of blocks, if there are any.
  static Optional<List<Long>> blocks(JsonFields fields, String name) throws FormatException {
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
