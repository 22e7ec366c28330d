package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What config.json says about weights that the library compressed-tensors has written.
final class CompressedTensors {
  private CompressedTensors() {}

  /// @param file to be named in messages
  /// @param fields `quantization_config`
  static Quantization of(Path file, JsonFields fields) throws FormatException {
    String format = fields.text("format").orElseThrow(() -> fields.problem("format", "is missing"));
    JsonFields weights = weights(fields);
    return switch (format) {
      case "float-quantized", "int-quantized", "naive-quantized" -> bytes(file, weights);
      case "pack-quantized" -> packed(file, weights);
      default ->
          throw fields.problem(
              "format", "is '%s': such weights cannot be converted".formatted(format));
    };
  }

  /// The one group of layers that there is.
  private static JsonFields weights(JsonFields fields) throws FormatException {
    JsonFields groups =
        fields
            .object("config_groups")
            .orElseThrow(() -> fields.problem("config_groups", "is missing"));
    if (groups.node().size() != 1) {
      throw fields.problem(
          "config_groups", "has %d groups, expected one".formatted(groups.node().size()));
    }
    Map.Entry<String, JsonNode> group = groups.fields().iterator().next();
    JsonFields only = groups.child(group.getKey(), group.getValue());
    return only.object("weights").orElseThrow(() -> only.problem("weights", "is missing"));
  }

  private static Quantization bytes(Path file, JsonFields weights) throws FormatException {
    String strategy = strategy(weights);
    if (!strategy.equals("tensor") && !strategy.equals("channel") && !strategy.equals("block")) {
      throw weights.problem(
          "strategy", "is '%s', expected tensor, channel or block".formatted(strategy));
    }
    if (symmetry(weights) == PackedTensors.Symmetry.ASYMMETRIC) {
      throw weights.problem("symmetric", "is false, which only packed weights can be");
    }
    return new ScaledTensors(file, Quantization.blocks(weights, "block_structure"))::dequantized;
  }

  private static Quantization packed(Path file, JsonFields weights) throws FormatException {
    String strategy = strategy(weights);
    if (!strategy.equals("group") && !strategy.equals("channel")) {
      throw weights.problem("strategy", "is '%s', expected group or channel".formatted(strategy));
    }
    String type = weights.text("type").orElse("int");
    if (!type.equals("int")) {
      throw weights.problem("type", "is '%s', expected int".formatted(type));
    }
    long groupSize = strategy.equals("group") ? Quantization.groupSize(weights) : 0;
    int bits = Quantization.bits(weights, "num_bits");
    return new PackedTensors(file, bits, groupSize, symmetry(weights));
  }

  private static String strategy(JsonFields weights) throws FormatException {
    return weights.text("strategy").orElse("missing");
  }

  private static PackedTensors.Symmetry symmetry(JsonFields weights) throws FormatException {
    return weights.bool("symmetric").orElse(true)
        ? PackedTensors.Symmetry.SYMMETRIC
        : PackedTensors.Symmetry.ASYMMETRIC;
  }
}
