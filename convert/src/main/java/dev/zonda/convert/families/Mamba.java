package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RotaryOrder;
import dev.zonda.convert.rules.SelectiveScanTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Mamba and Falcon Mamba: selective scans, without attention and without feed-forward networks. In
/// Falcon Mamba what steps, writing and reading are made of is normed.
final class Mamba {
  private static final String MIXER = "backbone.layers.{layer}.mixer.";
  private static final String FALCON = "falcon_mamba";
  private static final String PADDING = "pad_vocab_size_multiple";
  private static final String INNER = "intermediate_size";

  /// Longest text: there is no limit, and readers want a number.
  private static final long CONTEXT = 1 << 20;

  /// Channels for each feature of the residual stream.
  private static final int USUAL_EXPANSION = 2;

  private static final int USUAL_KERNEL = 4;
  private static final int USUAL_STATE = 16;
  private static final int USUAL_PADDING = 8;
  private static final double USUAL_EPSILON = 1e-5;
  private static final double USUAL_MIXER_EPSILON = 1e-6;

  private static final SelectiveScanTensors LAYERS =
      new SelectiveScanTensors(
          new Dimension("2 * hidden_size", sizes -> USUAL_EXPANSION * (long) sizes.hidden()),
          new Dimension("state_size", sizes -> size(sizes.config(), "state_size", USUAL_STATE)),
          SelectiveScanTensors.rank("time_step_rank"),
          new Dimension("conv_kernel", sizes -> size(sizes.config(), "conv_kernel", USUAL_KERNEL)));

  /// Rows of the embedding.
  private static final Dimension ROWS = new Dimension("vocab_size", sizes -> rows(sizes.config()));

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("backbone.embeddings.weight", "token_embd.weight", ROWS, HIDDEN)
              .or(TensorRule.of("backbone.embedding.weight", "token_embd.weight", ROWS, HIDDEN)),
          TensorRule.of("backbone.norm_f.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", ROWS, HIDDEN).optional(),
          TensorRule.of(
              "backbone.layers.{layer}.norm.weight", "blk.{layer}.attn_norm.weight", HIDDEN));

  /// What transformers' MambaConfig and FalconMambaConfig say. The reference does not ask it.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 50280,
              "hidden_size", 768,
              "num_hidden_layers", 32,
              "tie_word_embeddings", true));

  static final Family FAMILY =
      Family.builder("Mamba", "mamba")
          .models("Mamba 130M to 2.8B")
          .publishedDefaults(DEFAULTS, "mamba")
          .aliases(
              Map.of(
                  "hidden_size", List.of("d_model"),
                  "num_hidden_layers", List.of("n_layer"),
                  "state_size", List.of("d_state"),
                  "conv_kernel", List.of("d_conv"),
                  "time_step_rank", List.of("dt_rank"),
                  "layer_norm_epsilon", List.of("rms_norm_eps")))
          .prefix("backbone.")
          .sizes(Mamba::sizes)
          .tensors(
              FRAME,
              LAYERS.tensors(
                  MIXER,
                  Announcement.by("use_bias", false),
                  Announcement.by("use_conv_bias", true)))
          .outputMatrix(Family.OutputMatrix.SKIP_IF_SAME)
          .metadata(metadata(false))
          .unusedFields(
              "d_inner",
              "fused_add_norm",
              PADDING,
              "rescale_prenorm_residual",
              "residual_in_fp32",
              "rms_norm",
              "ssm_cfg",
              "time_step_floor",
              "time_step_init_scheme",
              "time_step_max",
              "time_step_min",
              "time_step_scale",
              "use_associative_scan",
              "use_falcon_mambapy",
              "use_mambapy")
          .build();

  static final Family FALCON_MAMBA =
      Family.builder("Falcon Mamba", "mamba")
          .like(FAMILY)
          .models("Falcon Mamba 7B")
          .publishedDefaults(DEFAULTS, FALCON)
          .metadata(metadata(true))
          .build();

  private Mamba() {}

  /// What transformers calls the class of a checkpoint in the layout of Mamba's authors, which
  /// names none.
  static String className(JsonFields layers) throws FormatException {
    return layers.text("layer").orElse("Mamba") + "ForCausalLM";
  }

  private static long size(ModelConfig config, String field, int usual) throws FormatException {
    return config.optionalSize(List.of(field)).orElse(usual);
  }

  private static ModelSizes sizes(ModelConfig config, RotaryOrder rotary, Fidelity fidelity)
      throws FormatException {
    ModelSizes sizes = ModelSizes.withoutHeads(config, rotary, fidelity);
    return sizes.withVocabulary(
        Math.toIntExact(fidelity == Fidelity.AS_REFERENCE ? padded(config) : rows(config)));
  }

  /// Mamba's authors round the number of tokens up, in the weights only; transformers does not.
  private static long rows(ModelConfig config) throws FormatException {
    return config.fields().has("hidden_size") || config.fields().has("model_type")
        ? config.size("vocab_size")
        : padded(config);
  }

  private static long padded(ModelConfig config) throws FormatException {
    long multiple = config.optionalSize(List.of(PADDING)).orElse(USUAL_PADDING);
    long rows = Math.ceilDiv((long) config.size("vocab_size"), multiple) * multiple;
    if (rows > Integer.MAX_VALUE) {
      throw config.fields().problem(PADDING, "is %d, which is too much".formatted(multiple));
    }
    return rows;
  }

  private static MetadataRule metadata(boolean isNormed) {
    return MetadataRule.sequence(
        Mamba::requireExpansion,
        (source, metadata) -> metadata.putUint32(source.key("context_length"), CONTEXT),
        MetadataRule.size("embedding_length", "hidden_size"),
        (source, metadata) -> metadata.putUint32(source.key("feed_forward_length"), 0),
        (source, metadata) -> metadata.putUint32(source.key("attention.head_count"), 0),
        (source, metadata) ->
            metadata.putUint32(source.key("block_count"), source.sizes().layers()),
        LAYERS.keys(),
        (source, metadata) ->
            metadata.putFloat32(
                source.key("attention.layer_norm_rms_epsilon"), (float) epsilon(source.config())),
        (source, metadata) ->
            metadata.putBool(source.key("ssm.dt_b_c_rms"), isNormed(source, isNormed)),
        MetadataRule.fileType(),
        (source, metadata) -> keepEpsilon(source, isNormed),
        ActivationRule.SILU);
  }

  /// The reference goes by the model type.
  private static boolean isNormed(MetadataRule.Source source, boolean isNormed)
      throws FormatException {
    return source.isCorrected()
        ? isNormed
        : source.config().text("model_type").filter(FALCON::equals).isPresent();
  }

  private static double epsilon(ModelConfig config) throws FormatException {
    return config.optionalReal(List.of("layer_norm_epsilon")).orElse(USUAL_EPSILON);
  }

  /// llama.cpp has one number for all norms.
  private static void keepEpsilon(MetadataRule.Source source, boolean isNormed)
      throws FormatException {
    if (!isNormed) {
      return;
    }
    String field = "mixer_rms_eps";
    OptionalDouble said = source.config().optionalReal(List.of(field));
    double own = said.orElse(USUAL_MIXER_EPSILON);
    double all = epsilon(source.config());
    if (source.isCorrected() && (float) own != (float) all) {
      source.noteUnwritten(
          field, own, "layer_norm_epsilon, %s, for these norms, too".formatted(all));
      source.unwritten().putFloat32(source.key("ssm.dt_b_c_rms_epsilon"), (float) own);
    }
  }

  /// Channels as transformers counts them; llama.cpp wants two for each feature.
  private static void requireExpansion(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    long hidden = source.sizes().hidden();
    long inner =
        config
            .optionalSize(List.of(INNER))
            .orElse(hidden * size(config, "expand", USUAL_EXPANSION));
    if (inner != USUAL_EXPANSION * hidden) {
      throw config
          .fields()
          .problem(
              INNER,
              "is %d, expected twice hidden_size, %d: llama.cpp has no other"
                  .formatted(inner, hidden));
    }
  }
}
