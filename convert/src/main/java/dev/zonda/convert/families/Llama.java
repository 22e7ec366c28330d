package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Llama, Llama 2, Llama 3 and their many descendants: a decoder with RMS norms, rotary embedding,
/// grouped-query attention and a gated feed-forward network.
final class Llama {
  /// Attention whose heads are turned to ggml's order, without biases.
  static final List<TensorRule> ATTENTION = attention(Announcement.NEVER);

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  /// Keys behind those that most families have.
  static final List<MetadataRule> OUTPUT =
      List.of(
          MetadataRule.fileType(),
          MetadataRule.size("vocab_size", "vocab_size"),
          (source, metadata) ->
              metadata.putUint32(source.key("rope.dimension_count"), source.sizes().headLength()));

  static final Family FAMILY =
      Family.builder("Llama", "llama")
          .models(
              "Llama 1 and 2",
              "Llama 3, 3.1, 3.2, 3.3",
              "Code Llama",
              "Vicuna",
              "TinyLlama",
              "Yi",
              "DeepSeek R1 Distill Llama")
          .classes("LlamaForCausalLM", "LLaMAForCausalLM", "LlamaModel")
          .defaults(Llama::defaults, "llama")
          .tensors(
              CommonTensors.FRAME,
              attention(BIASES),
              CommonTensors.feedForward(Announcement.by("mlp_bias", false)))
          .leftovers(CommonTensors.BUFFERS)
          .metadata(NetworkKeys.SIZES, OUTPUT, List.of(ActivationRule.SILU))
          .generated(RopeFactors::targets)
          .vocabulary(VocabularyForm.LLAMA)
          .build();

  private Llama() {}

  private static List<TensorRule> attention(Announcement biases) {
    return CommonTensors.attention(PERMUTE_QUERIES, PERMUTE_KEYS, biases, biases);
  }

  /// What transformers' LlamaConfig says where the file does not.
  private static Map<String, Object> defaults(JsonFields config) throws FormatException {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "vocab_size", 32000,
                "hidden_size", 4096,
                "intermediate_size", 11008,
                "num_hidden_layers", 32,
                "num_attention_heads", 32,
                "max_position_embeddings", 2048,
                "rms_norm_eps", 1e-6,
                "rope_theta", 10000.0));
    derive(config, values, Optional.empty());
    return values;
  }

  /// Adds the values that follow from others.
  ///
  /// @param keyValueHeads the class's own default; without one there are as many as query heads
  static void derive(JsonFields config, Map<String, Object> values, Optional<Integer> keyValueHeads)
      throws FormatException {
    deriveKeyValueHeads(config, values, keyValueHeads);
    long hidden = size(config, values, "hidden_size");
    values.put("head_dim", hidden / size(config, values, "num_attention_heads"));
  }

  /// Where the file says null, there are as many heads of keys and values as of queries.
  static void deriveKeyValueHeads(
      JsonFields config, Map<String, Object> values, Optional<Integer> keyValueHeads)
      throws FormatException {
    long heads = size(config, values, "num_attention_heads");
    boolean saysNull = config.mentions("num_key_value_heads");
    values.put(
        "num_key_value_heads",
        saysNull ? Long.valueOf(heads) : keyValueHeads.<Number>map(n -> n).orElse(heads));
  }

  private static long size(JsonFields config, Map<String, Object> values, String field)
      throws FormatException {
    return config
        .integer(field, 1, Integer.MAX_VALUE)
        .orElse(((Number) values.get(field)).longValue());
  }
}
