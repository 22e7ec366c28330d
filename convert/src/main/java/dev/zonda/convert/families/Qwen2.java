package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// Qwen 1.5, 2 and 2.5: Llama's network with biases on queries, keys and values.
final class Qwen2 {
  /// Attention with the heads' order as it is.
  static final List<TensorRule> ATTENTION = Decoder.attention(Transform.NONE, Transform.NONE);

  static final Family FAMILY =
      Family.builder("Qwen 2", "qwen2")
          .models("Qwen 1.5", "Qwen 2", "Qwen 2.5", "QwQ", "DeepSeek R1 Distill Qwen")
          .classes("Qwen2ForCausalLM", "Qwen2Model")
          .defaults(Qwen2::defaults, "qwen2")
          .tensors(Decoder.FRAME, ATTENTION, Decoder.FEED_FORWARD_NETWORK)
          .leftovers(Decoder.BUFFERS)
          .metadata(NetworkKeys.ALL, List.of(Qwen2::noteSlidingWindow))
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private Qwen2() {}

  /// What transformers' Qwen2Config says where the file does not.
  private static Map<String, Object> defaults(JsonFields config) throws FormatException {
    Map<String, Object> values = new HashMap<>(common());
    values.put("intermediate_size", 22016);
    values.put("hidden_size", 4096);
    values.put("num_hidden_layers", 32);
    values.put("num_attention_heads", 32);
    Llama.deriveKeyValueHeads(config, values, Optional.of(32));
    return values;
  }

  /// What the classes of all Qwens share.
  static Map<String, Object> common() {
    return Map.of(
        "vocab_size",
        151936,
        "max_position_embeddings",
        32768,
        "rms_norm_eps",
        1e-6,
        "rope_theta",
        10000.0);
  }

  /// Some layers see a window only, if that is switched on; GGUF has no key for "from layer n on".
  static void noteSlidingWindow(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.config().is("use_sliding_window")
        && source.config().fields().has("sliding_window")) {
      source
          .notes()
          .add(
              "use_sliding_window is true, which GGUF has no key for in this family: all layers"
                  + " of the file will attend to the whole text");
      keepSlidingWindow(source);
    }
  }

  private static void keepSlidingWindow(MetadataRule.Source source) throws FormatException {
    ModelConfig config = source.config();
    OptionalLong window = config.optionalSize(List.of("sliding_window"));
    if (window.isEmpty()) {
      return;
    }
    JsonNode types = config.fields().node().path("layer_types");
    long first = config.optionalCount(List.of("max_window_layers")).orElse(28);
    List<MetadataValue> isLocal = new ArrayList<>();
    for (int layer = 0; layer < source.sizes().layers(); layer++) {
      boolean isSaid = types.isArray() && types.size() > layer;
      isLocal.add(
          new MetadataValue.Bool(
              isSaid ? types.get(layer).asString("").equals("sliding_attention") : layer >= first));
    }
    source
        .unwritten()
        .putUint32(source.key("attention.sliding_window"), window.getAsLong())
        .put(
            source.key("attention.sliding_window_pattern"),
            new MetadataValue.Array(MetadataType.BOOL, isLocal));
  }
}
