package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// GLM 4 of 2024: Llama's network with gate and up in one matrix, and half of each head rotated,
/// whose values lie in ggml's order. llama.cpp's converter (the reference) looks for what ChatGLM's
/// config.json calls otherwise, and takes values of its own where it finds nothing.
final class Glm {
  /// The base frequency that `rope_ratio` multiplies.
  static final double BASE = 10000;

  private static final String PART = "partial_rotary_factor";

  /// What the reference takes where no field says how much of a head is rotated.
  private static final double USUAL_PART = 0.5;

  /// What the reference takes where no field has its name.
  private static final double USUAL_EPSILON = 1e-5;

  private static final List<TensorRule> NETWORK =
      List.of(
          block("mlp.gate_up_proj.weight", "ffn_up.weight", FEED_FORWARD.times(2), HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' GlmConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 151552,
                  "hidden_size", 4096,
                  "intermediate_size", 13696,
                  "num_hidden_layers", 40,
                  "num_attention_heads", 32,
                  "num_key_value_heads", 2,
                  "head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1.5625e-7,
                  "rope_theta", BASE))
          .with(Map.of(PART, USUAL_PART));

  static final Family FAMILY =
      Family.builder("GLM", "chatglm")
          .models("GLM 4 9B, GLM Edge 1.5B and 4B")
          .defaults(DEFAULTS, "glm")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(Announcement.by("attention_bias", true), Announcement.NEVER),
              NETWORK)
          .metadata(
              Glm::length,
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.computed("attention.head_count_kv", KEY_HEADS),
              Glm::epsilon,
              MetadataRule.fileType(),
              Glm::rotated,
              Glm::begin,
              Glm::base,
              NetworkKeys.HEAD_LENGTHS,
              Glm::noteStream,
              MetadataRule.implied("rope_ratio", 1),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.CHATGLM)
          .build();

  private Glm() {}

  private static void length(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = "context_length";
    OptionalLong own = source.config().optionalSize(List.of("max_position_embeddings"));
    if (source.isCorrected() && own.isPresent()) {
      source.noteDropped("max_position_embeddings", own.getAsLong(), key);
      metadata.putUint32(source.key(key), own.getAsLong());
      return;
    }
    metadata.putUint32(
        source.key(key),
        source.config().optionalSize(List.of("seq_length")).orElse(source.sizes().hidden()));
  }

  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = "attention.layer_norm_rms_epsilon";
    double ofReference =
        source.config().optionalReal(List.of("layernorm_epsilon")).orElse(USUAL_EPSILON);
    OptionalDouble own = source.config().optionalReal(List.of("rms_norm_eps"));
    if (source.isCorrected() && own.isPresent() && own.getAsDouble() != ofReference) {
      source.noteDropped("rms_norm_eps", own.getAsDouble(), key);
    }
    metadata.putFloat32(
        source.key(key), (float) (source.isCorrected() ? own.orElse(ofReference) : ofReference));
  }

  /// The reference takes heads for shares of the residual stream.
  static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    boolean isSaid =
        rope.real(PART).isPresent() || source.config().optionalReal(List.of(PART)).isPresent();
    double part = isSaid || source.isCorrected() ? rope.rotatedPart() : USUAL_PART;
    int head =
        source.isCorrected()
            ? source.sizes().headLength()
            : source.sizes().hidden() / source.sizes().heads();
    int rotated = (int) (head * part);
    if (source.isCorrected() && (rotated < 2 || rotated > head || rotated % 2 != 0)) {
      throw rope.problem(
          PART,
          "is %s: %d of a head's %d values are rotated, expected an even number of them"
              .formatted(part, rotated, head));
    }
    metadata.putUint32(source.key("rope.dimension_count"), rotated);
  }

  /// Nothing stands before a text.
  static void begin(MetadataRule.Source source, Metadata.Builder metadata) {
    metadata.putBool("tokenizer.ggml.add_bos_token", false);
  }

  private static void base(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double ratio =
        source.isCorrected() ? 1 : source.config().optionalReal(List.of("rope_ratio")).orElse(1);
    metadata.putFloat32(source.key("rope.freq_base"), (float) (BASE * ratio));
    RopeRule.dropped(source, metadata);
  }

  static void noteStream(MetadataRule.Source source, Metadata.Builder metadata) {
    long queries = (long) source.sizes().heads() * source.sizes().headLength();
    if (source.isCorrected() && queries != source.sizes().hidden()) {
      source
          .notes()
          .add(
              "%d heads of %d values are not hidden_size, %d: llama.cpp does not load such a file"
                  .formatted(
                      source.sizes().heads(),
                      source.sizes().headLength(),
                      source.sizes().hidden()));
    }
  }
}
