package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// How compressed-tensors stores the weights of a group of modules.
///
/// @param bits of a number
/// @param strategy what shares a scale
/// @param groupSize columns that share a scale; 0 if none do
/// @param block extents of the blocks that share a scale, if there are any
/// @param symmetry of packed numbers
/// @param groups where a column's group stands
record CompressedScheme(
    int bits,
    Strategy strategy,
    long groupSize,
    Optional<List<Long>> block,
    PackedTensors.Symmetry symmetry,
    GroupedInts.Groups groups) {
  private static final Set<Integer> BITS = Set.of(1, 2, 3, 4, 5, 6, 7, 8);

  private static final Set<String> OF_A_GROUP =
      Set.of("targets", "weights", "format", "input_activations", "output_activations");

  private static final Set<String> OF_WEIGHTS =
      Set.of(
          "num_bits",
          "type",
          "symmetric",
          "group_size",
          "strategy",
          "block_structure",
          "dynamic",
          "actorder",
          "observer",
          "observer_kwargs",
          "scale_dtype",
          "zp_dtype");

  /// What shares a scale.
  private enum Strategy {
    TENSOR,
    CHANNEL,
    GROUP,
    BLOCK
  }

  /// @param group an entry of `config_groups`
  /// @param all of `quantization_config`, whose format is that of groups that name none
  /// @return nothing if the group's weights are not quantized
  static Optional<CompressedScheme> of(JsonFields group, JsonFields all, QuantizationFields unknown)
      throws FormatException {
    unknown.look(group, OF_A_GROUP);
    Optional<JsonFields> weights = group.object("weights");
    if (weights.isEmpty()) {
      return Optional.empty();
    }
    unknown.look(weights.get(), OF_WEIGHTS);
    boolean isPacked = isPacked(group.has("format") ? group : all);
    return Optional.of(of(weights.get(), isPacked ? Set.of("int") : Set.of("int", "float")));
  }

  /// Formats differ in how a weight is stored, which the tensors show, too.
  private static boolean isPacked(JsonFields fields) throws FormatException {
    String format =
        fields
            .text("format")
            .orElseThrow(() -> fields.problem("format", "is missing, expected a string"));
    return switch (format) {
      case "float-quantized", "int-quantized", "naive-quantized" -> false;
      case "pack-quantized" -> true;
      default ->
          throw fields.problem(
              "format", "is '%s': such weights cannot be converted".formatted(format));
    };
  }

  private static CompressedScheme of(JsonFields weights, Set<String> types) throws FormatException {
    String type = weights.text("type").orElse("int");
    if (!types.contains(type)) {
      throw weights.problem(
          "type", "is '%s', expected %s".formatted(type, String.join(" or ", types)));
    }
    Optional<JsonNode> dynamic = weights.get("dynamic");
    if (dynamic.isPresent() && (!dynamic.get().isBoolean() || dynamic.get().booleanValue())) {
      throw weights.problem("dynamic", "is not false: such weights cannot be converted");
    }
    Strategy strategy = strategy(weights);
    return new CompressedScheme(
        Quantization.bits(weights, "num_bits", BITS),
        strategy,
        strategy == Strategy.GROUP ? Quantization.groupSize(weights) : 0,
        block(weights, strategy),
        weights.bool("symmetric").orElse(true)
            ? PackedTensors.Symmetry.SYMMETRIC
            : PackedTensors.Symmetry.ASYMMETRIC,
        order(weights));
  }

  private static Strategy strategy(JsonFields weights) throws FormatException {
    Optional<String> said = weights.text("strategy");
    if (said.isEmpty()) {
      OptionalLong size = weights.integer("group_size", -1, Integer.MAX_VALUE);
      return size.isEmpty()
          ? Strategy.TENSOR
          : size.getAsLong() > 0 ? Strategy.GROUP : Strategy.CHANNEL;
    }
    return switch (said.get()) {
      case "tensor" -> Strategy.TENSOR;
      case "channel" -> Strategy.CHANNEL;
      case "group" -> Strategy.GROUP;
      case "block" -> Strategy.BLOCK;
      default ->
          throw weights.problem(
              "strategy",
              "is '%s', expected tensor, channel, group or block".formatted(said.get()));
    };
  }

  private static Optional<List<Long>> block(JsonFields weights, Strategy strategy)
      throws FormatException {
    return switch (strategy) {
      case TENSOR, CHANNEL -> Optional.empty();
      case GROUP -> {
        long size = Quantization.groupSize(weights);
        yield size == 0 ? Optional.empty() : Optional.of(List.of(1L, size));
      }
      case BLOCK -> {
        Optional<List<Long>> extents = Quantization.blocks(weights, "block_structure");
        if (extents.isEmpty()) {
          throw weights.problem("block_structure", "is missing, expected a pair of numbers");
        }
        yield extents;
      }
    };
  }

  /// Only by groups are columns stored out of order; the other ways leave them where they are.
  private static GroupedInts.Groups order(JsonFields weights) throws FormatException {
    Optional<JsonNode> said = weights.get("actorder");
    String order =
        said.isEmpty()
            ? "none"
            : said.get().isBoolean()
                ? said.get().booleanValue() ? "group" : "none"
                : weights.text("actorder").orElseThrow();
    return switch (order) {
      case "none", "weight", "static" -> GroupedInts.Groups.IN_ORDER;
      case "group", "dynamic" -> GroupedInts.Groups.INDEXED;
      default ->
          throw weights.problem("actorder", "is '%s', expected group or weight".formatted(order));
    };
  }

  /// Extents of the blocks of a matrix of bytes that share a scale.
  Optional<List<Long>> blocks() {
    return block;
  }

  /// How a matrix is packed.
  PackedTensors.Form form() {
    return new PackedTensors.Form(bits, groupSize, symmetry, groups);
  }
}
