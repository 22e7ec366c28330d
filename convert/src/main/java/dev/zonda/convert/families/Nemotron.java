package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.PLUS_ONE;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Nemotron 4, Minitron and Nemotron Mini: layer norms stored as their difference from one, rotary
/// embedding of a part of each head, and a feed-forward network without a gate.
final class Nemotron {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(PLUS_ONE),
          TensorRule.of("model.norm.bias", "output_norm.bias", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN).with(PLUS_ONE),
          block("input_layernorm.bias", "attn_norm.bias", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN).with(PLUS_ONE),
          block("post_attention_layernorm.bias", "ffn_norm.bias", HIDDEN));

  /// What transformers' NemotronConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 256000,
                  "hidden_size", 6144,
                  "intermediate_size", 24576,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 48,
                  "max_position_embeddings", 4096,
                  "norm_eps", 1e-5,
                  "rope_theta", 10000.0,
                  "partial_rotary_factor", 0.5))
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Nemotron", "nemotron")
          .models("Nemotron 4 15B, 340B", "Minitron 4B, 8B", "Nemotron Mini 4B")
          .defaults(DEFAULTS, "nemotron")
          .tensors(
              FRAME,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.plainFeedForward(Announcement.by("mlp_bias", false)))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.real("attention.layer_norm_epsilon", "norm_eps"),
              Nemotron::rotated,
              Nemotron::scaling,
              Nemotron::noteHeads,
              Nemotron::notePart,
              ActivationRule.SQUARED_RELU)
          .vocabulary(VocabularyForm.NEMOTRON)
          .build();

  private Nemotron() {}

  /// The reference takes a head to have its share of the hidden features.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double part = RopeParameters.of(source.config()).rotatedPart();
    ModelSizes sizes = source.sizes();
    metadata.putUint32(
        source.key("rope.dimension_count"),
        source.isCorrected()
            ? (long) (part * sizes.headLength())
            : (long) (part * sizes.hidden()) / sizes.heads());
  }

  /// The reference takes every factor for that of a linear scaling.
  private static void scaling(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    OptionalDouble factor = rope.real("factor");
    boolean isScaled = factor.isPresent() && factor.getAsDouble() != 0;
    String type = source.key("rope.scaling.type");
    if (source.isCorrected()) {
      if (metadata.build().get(type).isEmpty()) {
        metadata.putText(type, "none");
      }
    } else if (isScaled) {
      metadata.putText(type, "linear");
      metadata.putFloat32(source.key("rope.scaling.factor"), (float) factor.getAsDouble());
    } else {
      metadata.putText(type, "none");
    }
  }

  private static void noteHeads(MetadataRule.Source source, Metadata.Builder metadata) {
    ModelSizes sizes = source.sizes();
    if (source.isCorrected() && sizes.heads() * sizes.headLength() != sizes.hidden()) {
      source
          .notes()
          .add(
              "%d heads of %d features are not hidden_size, %d: llama.cpp does not load such a file"
                  .formatted(sizes.heads(), sizes.headLength(), sizes.hidden()));
    }
  }

  /// Published files have it twice.
  private static void notePart(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double part = RopeParameters.of(source.config()).rotatedPart();
    MetadataRule.implied("rope_percent", part).write(source, metadata);
  }
}
