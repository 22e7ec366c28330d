package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// The first Qwen: Llama's network with queries, keys and values in one matrix with biases, and a
/// feed-forward network of half the size that config.json names.
final class Qwen {
  private static final String BLOCK = "transformer.h.{layer}.";

  private static final Dimension HALF =
      new Dimension("intermediate_size / 2", sizes -> sizes.size("intermediate_size") / 2);

  private static final List<TensorRule> TENSORS =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("ln_1.weight", "attn_norm.weight", HIDDEN),
          block("attn.c_attn.weight", "attn_qkv.weight", QUERIES.times(3), HIDDEN),
          block("attn.c_attn.bias", "attn_qkv.bias", QUERIES.times(3)),
          block("attn.c_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("ln_2.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.w1.weight", "ffn_up.weight", HALF, HIDDEN),
          block("mlp.w2.weight", "ffn_gate.weight", HALF, HIDDEN),
          block("mlp.c_proj.weight", "ffn_down.weight", HIDDEN, HALF));

  static final Family FAMILY =
      Family.builder("Qwen", "qwen")
          .models("Qwen 1.8B, 7B, 14B, 72B")
          .prefix("transformer.")
          .aliases(Map.of("rope_theta", List.of("rotary_emb_base")))
          .tensors(TENSORS)
          .leftovers(CommonTensors.BUFFERS)
          .metadata(
              NetworkKeys.ALL,
              Qwen::epsilon,
              Qwen::rotatedPart,
              Qwen::noteLongTexts,
              MetadataRule.implied("no_bias", true),
              MetadataRule.implied("scale_attn_weights", true))
          .unusedFields(
              "attn_dropout_prob",
              "emb_dropout_prob",
              "bf16",
              "fp16",
              "fp32",
              "onnx_safe",
              "kv_channels",
              "softmax_in_fp32",
              "use_cache_kernel",
              "use_cache_quantization",
              "use_flash_attn")
          .vocabulary(VocabularyForm.QWEN)
          .build();

  private Qwen() {}

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }

  /// llama.cpp reads the epsilon of RMS norms; its converter writes that of others.
  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "layer_norm_epsilon";
    OptionalDouble epsilon = source.config().optionalReal(List.of(field));
    if (epsilon.isPresent() && source.isCorrected()) {
      String key = "attention.layer_norm_rms_epsilon";
      metadata.putFloat32(source.key(key), (float) epsilon.getAsDouble());
      source.noteDropped(field, epsilon.getAsDouble(), key);
    }
  }

  private static void rotatedPart(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double part = source.config().optionalReal(List.of("rotary_pct")).orElse(1);
    if (part != 1 && source.isCorrected()) {
      String key = "rope.dimension_count";
      metadata.putUint32(source.key(key), (long) (source.sizes().headLength() * part));
      source.noteDropped("rotary_pct", part, key);
    }
  }

  /// Texts beyond a length turn slower, and queries grow.
  private static void noteLongTexts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong length = source.config().optionalSize(List.of("seq_length"));
    boolean stretches = source.config().is("use_dynamic_ntk");
    boolean grows = source.config().is("use_logn_attn");
    if (length.isPresent() && source.isCorrected() && (stretches || grows)) {
      source
          .notes()
          .add(
              ("%s true, which GGUF has no key for: texts of more than %d tokens (seq_length) are"
                      + " computed without")
                  .formatted(
                      stretches && grows
                          ? "use_dynamic_ntk and use_logn_attn are"
                          : stretches ? "use_dynamic_ntk is" : "use_logn_attn is",
                      length.getAsLong()));
    }
  }
}
