package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Transform.PLUS_ONE;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/// Gemma 3: Gemma 2 with norms over each head instead of soft caps, and five layers with a sliding
/// window and a base frequency of their own for each one without. Of a model that sees images, only
/// the text part.
final class Gemma3 {
  private static final String TEXT_BASE = "Gemma3TextModel";
  private static final String WITH_IMAGES = "Gemma3ForConditionalGeneration";

  private static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("self_attn.q_norm.weight", "attn_q_norm.weight", HEAD).with(PLUS_ONE),
          block("self_attn.k_norm.weight", "attn_k_norm.weight", HEAD).with(PLUS_ONE));

  /// What transformers' Gemma3TextConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.ofEntries(
              Map.entry("vocab_size", 262208),
              Map.entry("hidden_size", 2304),
              Map.entry("intermediate_size", 9216),
              Map.entry("num_hidden_layers", 26),
              Map.entry("num_attention_heads", 8),
              Map.entry("num_key_value_heads", 4),
              Map.entry("head_dim", 256),
              Map.entry("query_pre_attn_scalar", 256),
              Map.entry("max_position_embeddings", 131072),
              Map.entry("rms_norm_eps", 1e-6),
              Map.entry("sliding_window", 4096),
              Map.entry("sliding_window_pattern", 6),
              Map.entry("tie_word_embeddings", true),
              Map.entry("rope_theta", 1e6),
              Map.entry("rope_local_base_freq", 10000.0)));

  static final Family FAMILY =
      Family.builder("Gemma 3", "gemma3")
          .models("Gemma 3 270M, 1B, 4B, 12B, 27B", "MedGemma")
          .defaults(DEFAULTS, "gemma3_text", "gemma3")
          .tensors(Gemma2.FRAME, Qwen3.ATTENTION, HEAD_NORMS, CommonTensors.FEED_FORWARD_NETWORK)
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .metadata(
              Gemma3::requireCausal,
              NetworkKeys.ALL,
              Gemma3::softCap,
              Gemma3::window,
              Gemma2.keepScale(62),
              WindowRule.written(Gemma3::isLocal, (layer, config) -> (layer + 1) % 6 != 0),
              MetadataRule.implied("attn_logit_softcapping", "null"),
              Gemma2.ACTIVATION)
          .rope(RopeStyle.BY_LAYER_TYPE)
          .unusedFields("hidden_act", "cache_implementation")
          .vocabulary(VocabularyForm.GEMMA)
          .build();

  private Gemma3() {}

  /// EmbeddingGemma has this network and looks at later tokens, too.
  private static void requireCausal(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    JsonFields config = source.config().fields();
    String field = "use_bidirectional_attention";
    if (source.config().is(field)) {
      throw config.problem(
          field, "is true: a model that embeds texts (EmbeddingGemma) cannot be converted");
    }
    boolean isBase = config.node().path("architectures").path(0).asString("").equals(TEXT_BASE);
    if (isBase && !source.isCorrected()) {
      throw config.problem(
          "architectures",
          ("is %s, which llama.cpp's converter turns into a model that embeds texts: leave out "
                  + "--as-reference")
              .formatted(TEXT_BASE));
    }
  }

  /// The class that sees images, too, does not cap its logits.
  private static void softCap(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "final_logit_softcapping";
    OptionalDouble cap = source.config().optionalReal(List.of(field));
    if (cap.isEmpty()) {
      return;
    }
    JsonNode named = source.config().fields().node().path("architectures").path(0);
    if (source.isCorrected() && named.asString("").equals(WITH_IMAGES)) {
      source
          .notes()
          .add(
              ("%s is %s, which %s does not read: the file has no cap; llama.cpp's "
                          + "converter writes it")
                      .formatted(field, cap.getAsDouble(), WITH_IMAGES)
                  + " (--as-reference)");
    } else {
      metadata.putFloat32(source.key(field), (float) cap.getAsDouble());
    }
  }

  private static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    return (layer + 1) % config.size("sliding_window_pattern") != 0;
  }

  /// Where every layer sees the whole text, there is no window.
  private static void window(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.config().size("sliding_window_pattern") != 1
        || source.config().fields().has("layer_types")) {
      MetadataRule.size("attention.sliding_window", "sliding_window").write(source, metadata);
    }
  }
}
