package dev.zonda.inspect;

import dev.zonda.formats.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// How the weights of a folder are quantized, in words: `GPTQ, 4 bits, groups of 128`.
final class QuantizationText {
  private static final Set<String> ABBREVIATIONS = Set.of("gptq", "awq", "fp8", "mxfp4");

  private QuantizationText() {}

  /// What `config.json` says, if there are tensors that may be quantized: some tools leave the
  /// entry in unquantized folders.
  static Optional<String> of(JsonNode config, List<TensorInfo> tensors) {
    Optional<JsonNode> found =
        Stream.of(config, config.path("text_config"))
            .flatMap(node -> Stream.of("quantization_config", "compression_config").map(node::path))
            .filter(node -> node.path("quant_method").isString())
            .findFirst();
    return tensors.stream().allMatch(tensor -> tensor.type().isPlainFloat())
        ? Optional.empty()
        : found.map(QuantizationText::words);
  }

  private static String words(JsonNode entry) {
    List<String> words = new ArrayList<>();
    String method = entry.path("quant_method").stringValue();
    words.add(ABBREVIATIONS.contains(method) ? method.toUpperCase(Locale.ROOT) : method);
    JsonNode format = entry.path("format");
    if (format.isString()) {
      words.add(format.stringValue());
    }
    JsonNode weights = entry.path("config_groups").path("group_0").path("weights");
    first(entry, weights, "bits", "w_bit", "num_bits").ifPresent(bits -> words.add(bits + " bits"));
    first(entry, weights, "group_size", "q_group_size")
        .filter(size -> size > 0)
        .ifPresent(size -> words.add("groups of " + size));
    JsonNode blocks = entry.path("weight_block_size");
    if (blocks.size() == 2) {
      words.add("blocks of %s x %s".formatted(blocks.get(0), blocks.get(1)));
    }
    return String.join(", ", words);
  }

  private static Optional<Integer> first(JsonNode entry, JsonNode weights, String... fields) {
    return Stream.of(fields)
        .flatMap(field -> Stream.of(entry.path(field), weights.path(field)))
        .filter(value -> value.isIntegralNumber() && value.canConvertToInt())
        .map(JsonNode::intValue)
        .findFirst();
  }
}
