package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.StateSpaceTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/// Nemotron-H: each layer is one part only, behind one norm: a state space, attention without
/// positions, or a feed-forward network without a gate.
final class NemotronH {
  static final String LAYER = "backbone.layers.{layer}.";
  static final String MIXER = LAYER + "mixer.";
  static final String PATTERN = "hybrid_override_pattern";
  private static final String COUNT = "num_hidden_layers";
  private static final String LEAST_STEP = "time_step_min";
  private static final String EPSILON = "layer_norm_epsilon";
  private static final String RMS_EPSILON = "attention.layer_norm_rms_epsilon";

  /// Names of the field that lists the layers.
  private static final List<String> TYPES = List.of("layers_block_type", "layer_types");

  /// What a layer is.
  enum Kind {
    STATE_SPACE,
    ATTENTION,
    NETWORK,
    EXPERTS
  }

  /// What the class has where config.json does not list the layers.
  private static final List<Kind> USUAL =
      List.of(Kind.STATE_SPACE, Kind.EXPERTS, Kind.ATTENTION, Kind.NETWORK);

  private static final Dimension INNER =
      new Dimension(
          "mamba_num_heads * mamba_head_dim",
          sizes -> (long) sizes.size("mamba_num_heads") * sizes.size("mamba_head_dim"));

  private static final StateSpaceTensors STATE_SPACES =
      new StateSpaceTensors(
          INNER,
          Dimension.of("mamba_num_heads"),
          Dimension.of("n_groups"),
          Dimension.of("ssm_state_size"),
          Dimension.of("conv_kernel"));

  private static final List<TensorRule> ATTENTION =
      List.of(
          TensorRule.of(MIXER + "q_proj.weight", "blk.{layer}.attn_q.weight", QUERIES, HIDDEN)
              .with(PERMUTE_QUERIES),
          TensorRule.of(MIXER + "k_proj.weight", "blk.{layer}.attn_k.weight", KEYS, HIDDEN)
              .with(PERMUTE_KEYS),
          TensorRule.of(MIXER + "v_proj.weight", "blk.{layer}.attn_v.weight", KEYS, HIDDEN),
          TensorRule.of(
              MIXER + "o_proj.weight", "blk.{layer}.attn_output.weight", HIDDEN, QUERIES));

  private static final List<TensorRule> NETWORK =
      TensorRule.biased(
          Announcement.by("mlp_bias", false),
          TensorRule.of(
              MIXER + "up_proj.weight", "blk.{layer}.ffn_up.weight", FEED_FORWARD, HIDDEN),
          TensorRule.of(
              MIXER + "down_proj.weight", "blk.{layer}.ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' NemotronHConfig says.
  static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size",
                  131072,
                  "hidden_size",
                  4096,
                  "intermediate_size",
                  21504,
                  "num_attention_heads",
                  32,
                  "max_position_embeddings",
                  4096,
                  "head_dim",
                  128,
                  EPSILON,
                  1e-5))
          .with(
              Map.of(
                  "mamba_num_heads",
                  128,
                  "mamba_head_dim",
                  64,
                  "n_groups",
                  8,
                  "ssm_state_size",
                  128,
                  "conv_kernel",
                  4,
                  "use_conv_bias",
                  true,
                  LEAST_STEP,
                  0.001))
          .keyHeads(8);

  /// Other names of fields.
  static final Map<String, List<String>> ALIASES =
      Map.of(
          "n_groups",
          List.of("mamba_n_groups"),
          "conv_kernel",
          List.of("mamba_d_conv"),
          "use_conv_bias",
          List.of("mamba_conv_bias"),
          LEAST_STEP,
          List.of("mamba_dt_min"));

  /// Embeddings, norms and the layers that see earlier tokens.
  static final List<TensorRule> FRAME =
      Stream.of(
              Mamba2.FRAME,
              on(
                  Kind.STATE_SPACE,
                  STATE_SPACES.tensors(
                      MIXER,
                      Announcement.by("use_bias", false),
                      config -> config.is("use_conv_bias"))),
              on(Kind.STATE_SPACE, List.of(STATE_SPACES.norm(MIXER))),
              on(Kind.ATTENTION, ATTENTION))
          .flatMap(List::stream)
          .toList();

  /// Keys up to those of networks.
  static final MetadataRule KEYS_OF_LAYERS =
      MetadataRule.sequence(
          NetworkKeys.UP_TO_HEADS,
          NemotronH::epsilon,
          MetadataRule.fileType(),
          MetadataRule.size("vocab_size", "vocab_size"),
          // Nothing is rotated, and the reference takes heads to share the hidden features.
          (source, metadata) ->
              metadata.putUint32(
                  source.key("rope.dimension_count"),
                  source.sizes().hidden() / source.sizes().heads()),
          MetadataRule.computed("ssm.conv_kernel", Dimension.of("conv_kernel")),
          MetadataRule.computed("ssm.state_size", Dimension.of("ssm_state_size")),
          MetadataRule.computed("ssm.group_count", Dimension.of("n_groups")),
          MetadataRule.computed("ssm.inner_size", INNER),
          MetadataRule.computed("ssm.time_step_rank", Dimension.of("mamba_num_heads")),
          (source, metadata) ->
              metadata.put(
                  source.key("attention.head_count_kv"),
                  array(source, Kind.ATTENTION, source.sizes().keyValueHeads())),
          (source, metadata) -> metadata.putBool(source.key("rope.scaling.finetuned"), false),
          (source, metadata) -> metadata.putUint32(source.key("context_length"), Mamba2.CONTEXT),
          MetadataRule.computed("attention.key_length", Dimension.HEAD),
          MetadataRule.computed("attention.value_length", Dimension.HEAD));

  /// What is not written, and what there must be.
  static final MetadataRule CHECKS =
      MetadataRule.sequence(
          NemotronH::leastStep,
          NemotronH::requireSilu,
          NemotronH::noteRows,
          MetadataRule.implied("attention_bias", false),
          MetadataRule.implied("mamba_proj_bias", false),
          MetadataRule.implied("sliding_window", "none"),
          new ActivationRule("mlp_hidden_act", "relu2"));

  /// How transformers computes and begins to train, and what it does not read.
  static final String[] UNUSED_FIELDS = {
    "chunk_size",
    "expand",
    "hidden_dropout",
    "mamba_ssm_cache_dtype",
    "num_logits_to_keep",
    "num_query_groups",
    "partial_rotary_factor",
    "rescale_prenorm_residual",
    "residual_in_fp32",
    "time_step_floor",
    "time_step_limit",
    "time_step_max",
    "time_step_rank",
    "use_mamba_kernels",
  };

  static final Family FAMILY =
      Family.builder("Nemotron-H", "nemotron_h")
          .models("Nemotron-H 4B, 8B, 47B, 56B", "Nemotron Nano 9B v2, 12B v2")
          .only(
              new Family.Condition(
                  "no layers with experts", config -> !kinds(config).contains(Kind.EXPERTS)))
          .publishedDefaults(DEFAULTS, "nemotron_h")
          .aliases(ALIASES)
          .prefix("backbone.")
          .rename("model.layers.", "backbone.layers.")
          .rename("model.embeddings.", "backbone.embeddings.")
          .rename("model.norm_f.", "backbone.norm_f.")
          .sizes((config, rotary, fidelity) -> ModelSizes.of(withCount(config), rotary, fidelity))
          .tensors(FRAME, on(Kind.NETWORK, NETWORK))
          .metadata(KEYS_OF_LAYERS, NemotronH::lengths, CHECKS)
          .unusedFields(UNUSED_FIELDS)
          .build();

  private NemotronH() {}

  /// The list of layers says how many there are.
  static ModelConfig withCount(ModelConfig config) throws FormatException {
    Map<String, Object> defaults = new HashMap<>(config.defaults());
    defaults.put(COUNT, kinds(config.fields()).size());
    return new ModelConfig(config.fields(), defaults, config.aliases());
  }

  static List<TensorRule> on(Kind kind, List<TensorRule> rules) {
    return TensorRule.on((layer, sizes) -> is(sizes, layer, kind), rules);
  }

  /// A layer that predicts a further token attends and has experts.
  static boolean is(ModelSizes sizes, int layer, Kind kind) throws FormatException {
    return layer < sizes.layers()
        ? kinds(sizes.config().fields()).get(layer) == kind
        : kind == Kind.ATTENTION || kind == Kind.EXPERTS;
  }

  /// What each layer is. The list counts where there is a pattern, too.
  static List<Kind> kinds(JsonFields config) throws FormatException {
    for (String field : TYPES) {
      Optional<List<String>> types = config.texts(field);
      if (types.isPresent()) {
        List<Kind> all = new ArrayList<>();
        for (String type : types.get()) {
          all.add(ofType(config, field, type));
        }
        return checked(config, field, all);
      }
    }
    Optional<String> pattern = config.text(PATTERN);
    if (pattern.isEmpty()) {
      return checked(config, TYPES.getFirst(), USUAL);
    }
    List<Kind> all = new ArrayList<>();
    for (char letter : pattern.get().toCharArray()) {
      all.add(ofLetter(config, letter));
    }
    return checked(config, PATTERN, all);
  }

  private static List<Kind> checked(JsonFields config, String field, List<Kind> kinds)
      throws FormatException {
    long said = config.integer(COUNT, 1, Integer.MAX_VALUE).orElse(kinds.size());
    if (kinds.isEmpty() || said != kinds.size()) {
      throw config.problem(
          field, "has %d layers, but %s is %d".formatted(kinds.size(), COUNT, said));
    }
    return kinds;
  }

  private static Kind ofType(JsonFields config, String field, String type) throws FormatException {
    return switch (type) {
      case "mamba", "linear_attention" -> Kind.STATE_SPACE;
      case "attention", "full_attention" -> Kind.ATTENTION;
      case "mlp" -> Kind.NETWORK;
      case "moe" -> Kind.EXPERTS;
      default ->
          throw config.problem(
              field,
              "has '%s', expected mamba, linear_attention, attention, full_attention, mlp or moe"
                  .formatted(type));
    };
  }

  private static Kind ofLetter(JsonFields config, char letter) throws FormatException {
    return switch (letter) {
      case 'M' -> Kind.STATE_SPACE;
      case '*' -> Kind.ATTENTION;
      case '-' -> Kind.NETWORK;
      case 'E' -> Kind.EXPERTS;
      default -> throw config.problem(PATTERN, "has '%s', expected M, *, - or E".formatted(letter));
    };
  }

  /// A number in layers of one kind, and zero in others.
  static MetadataValue array(MetadataRule.Source source, Kind kind, long number)
      throws FormatException {
    int[] numbers = new int[source.sizes().countedLayers()];
    for (int layer = 0; layer < numbers.length; layer++) {
      numbers[layer] = is(source.sizes(), layer, kind) ? Math.toIntExact(number) : 0;
    }
    return MetadataValue.Array.ofInts(numbers);
  }

  /// The reference knows networks by the pattern's letter only.
  private static void lengths(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    List<Kind> kinds = kinds(config.fields());
    boolean isByLetter = config.fields().has(PATTERN);
    long length = FEED_FORWARD.of(source.sizes());
    if (source.isCorrected() && !isByLetter && kinds.contains(Kind.NETWORK)) {
      source.noteDropped("intermediate_size", length, "feed_forward_length");
    }
    metadata.put(
        source.key("feed_forward_length"),
        array(source, Kind.NETWORK, source.isCorrected() || isByLetter ? length : 0));
  }

  /// transformers reads one of the two fields that published files have.
  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble epsilon = source.config().optionalReal(List.of(EPSILON));
    Optional<Double> written =
        metadata.build().number(source.key(RMS_EPSILON)).stream().boxed().findFirst();
    if (source.isCorrected()
        && epsilon.isPresent()
        && written.isPresent()
        && (float) epsilon.getAsDouble() != written.get().floatValue()) {
      metadata.putFloat32(source.key(RMS_EPSILON), (float) epsilon.getAsDouble());
      source.noteDropped(EPSILON, epsilon.getAsDouble(), RMS_EPSILON);
    }
  }

  /// transformers bounds the steps of time below.
  private static void leastStep(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double least = source.config().optionalReal(List.of(LEAST_STEP)).orElse(0);
    if (source.isCorrected() && least > 0) {
      source.noteUnwritten(LEAST_STEP, least, "no bound");
      source.unwritten().putFloat32(source.key("ssm.time_step_min"), (float) least);
    }
  }

  private static void requireSilu(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "mamba_hidden_act";
    String name = source.config().text(field).orElse("silu");
    if (source.isCorrected() && !name.equals("silu") && !name.equals("swish")) {
      throw source
          .config()
          .fields()
          .problem(
              field,
              "is '%s', which can neither be written nor evaluated, expected silu".formatted(name));
    }
  }

  /// The reference lists tokens up to a multiple of eight.
  private static void noteRows(MetadataRule.Source source, Metadata.Builder metadata) {
    int tokens = source.sizes().vocabulary();
    if (tokens % 8 != 0) {
      source
          .notes()
          .add(
              ("vocab_size is %d: llama.cpp's converter would list tokens up to a multiple of 8, for"
                      + " which there are no rows")
                  .formatted(tokens));
    }
  }
}
