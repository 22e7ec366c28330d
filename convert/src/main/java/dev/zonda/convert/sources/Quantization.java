package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.config.TextPart;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// How a checkpoint's weights are quantized, and how that is undone.
interface Quantization {
  /// The tensors that the model would have if it were not quantized.
  List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException;

  /// Fields that FP8 and MXFP4 have: those that are read, and those that say nothing of the
  /// weights.
  Set<String> SCALED_FIELDS =
      Set.of(
          "quant_method",
          "weight_block_size",
          "scale_fmt",
          "expert_dtype",
          "activation_scale_ub",
          "activation_scheme",
          "dequantize",
          "fmt",
          "ignored_layers",
          "kv_cache_scheme",
          "modules_to_convert",
          "modules_to_not_convert");

  /// The tensors that a model would have if it were not quantized.
  ///
  /// @param file to be named in messages
  /// @param config the whole of config.json, or what stands for it
  /// @throws FormatException if the weights are quantized in a way that cannot be undone
  static List<SourceTensor> undone(
      Path file, JsonFields config, List<SourceTensor> stored, Notes notes) throws FormatException {
    Optional<JsonFields> fields = fields(config);
    if (fields.isEmpty()) {
      return stored;
    }
    List<SourceTensor> weights = RunTimeScales.leftOut(stored, notes);
    if (StoredForm.isQuantized(weights)) {
      return of(file, fields.get(), notes).undone(weights, notes);
    }
    CompressedTensors.refuseTransforms(fields.get());
    if (isOnline(fields.get())) {
      // The family rounds them.
      return weights;
    }
    notes.add(
        "%s %s, but no tensor is quantized: the weights are used as they are stored"
            .formatted(
                fields.get().path("quant_method"),
                fields.get().text("quant_method").map("is '%s'"::formatted).orElse("is missing")));
    return weights;
  }

  /// What config.json says; the older name is compressed-tensors'.
  static Optional<JsonFields> fields(JsonFields config) throws FormatException {
    JsonFields text = TextPart.of(config);
    Optional<JsonFields> usual = text.object("quantization_config").filter(some -> !some.isEmpty());
    return usual.isPresent()
        ? usual
        : text.object("compression_config").filter(some -> !some.isEmpty());
  }

  /// Whether weights are stored as they were before rounding, which the network does itself.
  static boolean isOnline(JsonFields fields) throws FormatException {
    return fields.text("quant_method").filter("bitnet"::equals).isPresent()
        && fields.text("quantization_mode").filter("online"::equals).isPresent();
  }

  private static Quantization of(Path file, JsonFields fields, Notes notes) throws FormatException {
    String method =
        fields
            .text("quant_method")
            .orElseThrow(() -> fields.problem("quant_method", "is missing, expected a string"));
    return switch (method) {
      case "mxfp4" -> {
        note(fields, SCALED_FIELDS, notes);
        yield (stored, _) -> Mxfp4Pairs.joined(file, stored);
      }
      case "fp8", "fbgemm_fp8" -> {
        note(fields, SCALED_FIELDS, notes);
        yield scaled(file, fields);
      }
      case "gptq" -> Gptq.of(file, fields, notes);
      case "bitnet" -> BitNet.of(file, fields, notes);
      case "awq" -> Awq.of(file, fields, notes);
      case "compressed-tensors" -> CompressedTensors.of(file, fields, notes);
      default ->
          throw fields.problem(
              "quant_method", "is '%s': such weights cannot be converted".formatted(method));
    };
  }

  private static void note(JsonFields fields, Set<String> known, Notes notes) {
    QuantizationFields unknown = new QuantizationFields();
    unknown.look(fields, known);
    unknown.note(notes);
  }

  private static Quantization scaled(Path file, JsonFields fields) throws FormatException {
    String experts = fields.text("expert_dtype").orElse("fp8");
    if (!experts.equals("fp8")) {
      throw fields.problem(
          "expert_dtype", "is '%s': such weights cannot be converted".formatted(experts));
    }
    Optional<List<Long>> blocks = blocks(fields, "weight_block_size");
    return new ScaledTensors(file, tensor -> blocks);
  }

  /// Bits of a number.
  static int bits(JsonFields fields, String name, Set<Integer> known) throws FormatException {
    OptionalLong bits = fields.integer(name, 1, Integer.SIZE);
    if (bits.isEmpty()) {
      throw fields.problem(name, "is missing, expected an integer");
    }
    if (!known.contains((int) bits.getAsLong())) {
      List<String> sorted = known.stream().sorted().map(String::valueOf).toList();
      String expected =
          sorted.size() == 1
              ? sorted.getFirst()
              : String.join(", ", sorted.subList(0, sorted.size() - 1)) + " or " + sorted.getLast();
      throw fields.problem(name, "is %d, expected %s".formatted(bits.getAsLong(), expected));
    }
    return (int) bits.getAsLong();
  }

  /// Inputs that share a scale; 0 for all.
  static long groupSize(JsonFields fields) throws FormatException {
    OptionalLong size = fields.integer("group_size", -1, Integer.MAX_VALUE);
    if (size.isEmpty()) {
      throw fields.problem("group_size", "is missing, expected an integer");
    }
    return Math.max(0, size.getAsLong());
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
