package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.StateSpaceTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.TimeStepLimit;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Mamba 2: state-space models without attention and without feed-forward networks.
final class Mamba2 {
  private static final String MIXER = "backbone.layers.{layer}.mixer.";

  /// Longest text: there is no limit, and readers want a number.
  static final long CONTEXT = 1 << 20;

  private static final Dimension INNER =
      new Dimension("expand * hidden_size", sizes -> (long) sizes.size("expand") * sizes.hidden());

  private static final Dimension HEADS =
      new Dimension(
          "expand * hidden_size / head_dim", sizes -> INNER.of(sizes) / sizes.size("head_dim"));

  private static final StateSpaceTensors LAYERS =
      new StateSpaceTensors(
          INNER,
          HEADS,
          Dimension.of("n_groups"),
          Dimension.of("state_size"),
          Dimension.of("conv_kernel"));

  /// Embeddings and norms.
  static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("backbone.embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN)
              .or(
                  TensorRule.of(
                      "backbone.embedding.weight", "token_embd.weight", VOCABULARY, HIDDEN)),
          TensorRule.of("backbone.norm_f.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          TensorRule.of(
              "backbone.layers.{layer}.norm.weight", "blk.{layer}.attn_norm.weight", HIDDEN));

  /// Keys that no layer has a use for, and readers want.
  static final MetadataRule HEADLESS =
      MetadataRule.sequence(
          (source, metadata) -> metadata.putUint32(source.key("context_length"), CONTEXT),
          MetadataRule.size("embedding_length", "hidden_size"),
          (source, metadata) -> metadata.putUint32(source.key("feed_forward_length"), 0),
          (source, metadata) -> metadata.putUint32(source.key("attention.head_count"), 0),
          (source, metadata) ->
              metadata.putUint32(source.key("block_count"), source.sizes().layers()));

  /// The class and the reference have the same default.
  static final MetadataRule EPSILON =
      (source, metadata) ->
          metadata.putFloat32(
              source.key("attention.layer_norm_rms_epsilon"),
              (float)
                  source
                      .config()
                      .optionalReal(List.of("layer_norm_epsilon", "rms_norm_eps"))
                      .orElse(1e-5));

  /// What transformers' Mamba2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 32768,
              "hidden_size", 4096,
              "num_hidden_layers", 64,
              "head_dim", 64,
              "state_size", 128,
              "layer_norm_epsilon", 1e-5,
              "expand", 2,
              "conv_kernel", 4,
              "n_groups", 8,
              "use_conv_bias", true));

  static final Family FAMILY =
      Family.builder("Mamba 2", "mamba2")
          .models("Mamba Codestral 7B", "Mamba 2 130M to 2.7B")
          .publishedDefaults(DEFAULTS, "mamba2")
          .prefix("")
          .rename("model.backbone.", "backbone.")
          .rename("model.lm_head.", "lm_head.")
          .withoutHeads()
          .tensors(
              FRAME,
              LAYERS.tensors(
                  MIXER,
                  Announcement.by("use_bias", false),
                  Announcement.by("use_conv_bias", true)),
              List.of(LAYERS.norm(MIXER)))
          .metadata(
              HEADLESS,
              LAYERS.keys(),
              EPSILON,
              MetadataRule.fileType(),
              Mamba2::requireInner,
              TimeStepLimit.KEPT,
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .unusedFields(
              "chunk_size",
              "norm_before_gate",
              "num_heads",
              "rescale_prenorm_residual",
              "residual_in_fp32",
              "rms_norm",
              "time_step_floor",
              "time_step_init_scheme",
              "time_step_max",
              "time_step_min",
              "time_step_rank",
              "time_step_scale")
          .build();

  private Mamba2() {}

  /// transformers takes what follows from the factor, and the reference fails if the two differ.
  private static void requireInner(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong said = source.config().optionalSize(List.of("intermediate_size"));
    long inner = INNER.of(source.sizes());
    if (said.isPresent() && said.getAsLong() != inner) {
      throw source
          .config()
          .fields()
          .problem(
              "intermediate_size",
              "is %d, expected %s, %d".formatted(said.getAsLong(), INNER.meaning(), inner));
    }
  }
}
