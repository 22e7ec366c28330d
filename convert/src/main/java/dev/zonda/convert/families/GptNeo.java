package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// GPT-Neo: GPT-2 with queries, keys and values in matrices of their own, products of attention
/// that are not scaled, and a sliding window on every other layer.
///
/// llama.cpp's converter cannot convert it; the layout of the file is zonda's own, described in
/// docs/formats.md.
final class GptNeo {
  private static final String BLOCK = "transformer.h.{layer}.";
  private static final Dimension FEED_FORWARD =
      new Dimension(
          "intermediate_size",
          sizes ->
              sizes
                  .config()
                  .optionalSize(List.of("intermediate_size"))
                  .orElse(4L * sizes.hidden()));

  private static final List<TensorRule> UNBIASED =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of(
              "transformer.wpe.weight",
              "position_embd.weight",
              Dimension.of("max_position_embeddings"),
              HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("attn.attention.q_proj.weight", "attn_q.weight", HIDDEN, HIDDEN),
          block("attn.attention.k_proj.weight", "attn_k.weight", HIDDEN, HIDDEN),
          block("attn.attention.v_proj.weight", "attn_v.weight", HIDDEN, HIDDEN));

  private static final List<TensorRule> BIASED =
      TensorRule.biased(
          TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          block("ln_1.weight", "attn_norm.weight", HIDDEN),
          block("attn.attention.out_proj.weight", "attn_output.weight", HIDDEN, HIDDEN),
          block("ln_2.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.c_fc.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.c_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' GPTNeoConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 50257,
              "hidden_size", 2048,
              "num_hidden_layers", 24,
              "num_attention_heads", 16,
              "max_position_embeddings", 2048,
              "layer_norm_epsilon", 1e-5,
              "window_size", 256,
              "tie_word_embeddings", true));

  static final Family FAMILY =
      Family.builder("GPT-Neo", "gptneo")
          .models("GPT-Neo 125M, 1.3B, 2.7B", "TinyStories")
          .defaults(DEFAULTS, "gpt_neo")
          .aliases(
              Map.of(
                  "num_attention_heads", List.of("num_heads"),
                  "num_hidden_layers", List.of("num_layers")))
          .tensors(UNBIASED, BIASED)
          .prefix("transformer.")
          .metadata(
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.computed("feed_forward_length", FEED_FORWARD),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              (source, metadata) -> metadata.putFloat32(source.key("attention.scale"), 1),
              GptNeo::windows,
              MetadataRule.fileType(),
              new ActivationRule("activation_function", "gelu_new"))
          .build();

  private GptNeo() {}

  /// Which layers have a sliding window: `[[["global", "local"], 12]]` says that it is every other.
  private static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    JsonFields config = source.config().fields();
    int layers = source.sizes().layers();
    List<MetadataValue> isLocal = new ArrayList<>();
    config.skip("attention_types");
    for (JsonNode kind : config.get("attention_layers").map(JsonNode::values).orElse(List.of())) {
      isLocal.add(new MetadataValue.Bool(isLocal(config, kind)));
    }
    if (isLocal.isEmpty()) {
      addTypes(config, layers, isLocal);
    }
    if (isLocal.isEmpty()) {
      for (int i = 0; i < layers; i++) {
        isLocal.add(new MetadataValue.Bool(i % 2 == 1));
      }
    }
    if (isLocal.size() != layers) {
      throw config.problem(
          "attention_types",
          "describes %d layers or more, but num_layers is %d".formatted(isLocal.size(), layers));
    }
    metadata.putUint32(source.key("attention.sliding_window"), source.config().size("window_size"));
    metadata.put(
        source.key("attention.sliding_window_pattern"),
        new MetadataValue.Array(MetadataType.BOOL, isLocal));
  }

  private static void addTypes(JsonFields config, int layers, List<MetadataValue> isLocal)
      throws FormatException {
    for (JsonNode group : config.get("attention_types").map(JsonNode::values).orElse(List.of())) {
      long times = group.path(1).asLong(0);
      for (long i = 0; i < times && isLocal.size() <= layers; i++) {
        for (JsonNode kind : group.path(0)) {
          isLocal.add(new MetadataValue.Bool(isLocal(config, kind)));
        }
      }
    }
  }

  private static boolean isLocal(JsonFields config, JsonNode kind) throws FormatException {
    return switch (kind.asString("")) {
      case "local" -> true;
      case "global" -> false;
      default ->
          throw config.problem(
              "attention_types", "holds " + kind + ", expected \"global\" or \"local\"");
    };
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
