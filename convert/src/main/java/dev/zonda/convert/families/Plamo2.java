package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;
import static dev.zonda.convert.rules.Dimension.ONE;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// PLaMo 2: every n-th layer attends, the others are state spaces. Norms stand before and after
/// each part of a layer, stored as their difference from a number each.
final class Plamo2 {
  private static final String FULL = "full_attention_idx";
  private static final String STEP = "mamba_step";
  private static final String SWITCH = "mamba_enabled";
  private static final String WINDOW = "attention.sliding_window";
  private static final String PATTERN = "attention.sliding_window_pattern";
  private static final String BASE = "rope.freq_base";

  private static final double USUAL_BASE = 10000;

  /// What is added to the squares of heads, whatever config.json says of other norms.
  private static final double HEAD_EPSILON = 1e-6;

  private static final TensorRule.Layers ATTENDS =
      (layer, sizes) -> attends(sizes.config(), sizes.layers(), layer);

  private static final Dimension SPACES = Dimension.of("mamba_num_heads");
  private static final Dimension STATE = Dimension.of("mamba_d_state");
  private static final Dimension INNER =
      new Dimension(
          "mamba_num_heads * hidden_size_per_head", sizes -> SPACES.of(sizes) * sizes.headLength());
  private static final Dimension STEPS =
      new Dimension(
          "the larger of 64 and hidden_size / 16", sizes -> Math.max(64, sizes.hidden() / 16));

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(Transform.PLUS_ONE),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("mlp.gate_up_proj.weight", "ffn_up.weight", FEED_FORWARD.times(2), HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final List<TensorRule> ATTENTION =
      List.of(
          block("mixer.qkv_proj.weight", "attn_qkv.weight", QUERIES_KEYS_VALUES, HIDDEN),
          block("mixer.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("mixer.q_weight", "attn_q_norm.weight", HEADS, HEAD),
          block("mixer.k_weight", "attn_k_norm.weight", KEY_HEADS, HEAD));

  /// GGUF's names of numbers of heads and of norms of states are without an end.
  private static final List<TensorRule> STATE_SPACE =
      List.of(
          block("mixer.in_proj.weight", "ssm_in.weight", INNER.times(2), HIDDEN),
          block(
                  "mixer.conv1d.weight",
                  "ssm_conv1d.weight",
                  INNER,
                  ONE,
                  Dimension.of("mamba_d_conv"))
              .with(Transform.WITHOUT_ONES),
          block("mixer.bcdt_proj.weight", "ssm_x.weight", STEPS.plus(STATE.times(2)), INNER),
          block("mixer.dt_proj.weight", "ssm_dt.weight", SPACES, STEPS),
          block("mixer.dt_bias", "ssm_dt.bias", SPACES),
          block("mixer.A_log", "ssm_a", SPACES).with(Transform.NEGATIVE_EXPONENTIAL),
          block("mixer.D", "ssm_d", SPACES),
          block("mixer.dt_norm_weight", "ssm_dt_norm", STEPS),
          block("mixer.B_norm_weight", "ssm_b_norm", STATE),
          block("mixer.C_norm_weight", "ssm_c_norm", STATE),
          block("mixer.out_proj.weight", "ssm_out.weight", HIDDEN, INNER));

  /// What the Plamo2Config that is published with the models says. The reference says the same.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 4096,
                  "intermediate_size", 13312,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "num_key_value_heads", 4,
                  "head_dim", 128,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-6,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "mamba_d_state",
                  64,
                  "mamba_d_conv",
                  4,
                  "mamba_num_heads",
                  64,
                  STEP,
                  2,
                  SWITCH,
                  true,
                  "attention_window_size",
                  2048));

  static final Family FAMILY =
      Family.builder("PLaMo 2", "plamo2")
          .models("PLaMo 2 1B, 8B", "PLaMo 2.1 2B, 8B")
          .aliases(Map.of("head_dim", List.of("hidden_size_per_head")))
          .defaults(DEFAULTS, "plamo2")
          .tensors(
              FRAME,
              Plamo3.NORMS,
              TensorRule.on(ATTENDS, ATTENTION),
              TensorRule.on(TensorRule.Layers.allBut(ATTENDS), STATE_SPACE))
          .metadata(
              MetadataRule.size("vocab_size", "vocab_size"),
              Plamo2::heads,
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.computed("attention.key_length", HEAD),
              MetadataRule.computed("attention.value_length", HEAD),
              (source, metadata) ->
                  metadata.putUint32(source.key("block_count"), source.sizes().layers()),
              Plamo2::epsilon,
              Plamo2::base,
              MetadataRule.computed("ssm.state_size", STATE),
              MetadataRule.size("ssm.conv_kernel", "mamba_d_conv"),
              MetadataRule.computed("ssm.time_step_rank", SPACES),
              MetadataRule.computed("ssm.inner_size", INNER),
              (source, metadata) -> metadata.putUint32(source.key("ssm.group_count"), 0),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.fileType(),
              Plamo2::windows)
          .vocabulary(VocabularyForm.PLAMO_2)
          .unusedFields(
              "capacity_factor",
              "eval_attention_n_bit",
              "eval_mlp_n_bit",
              "expert_dropout",
              "fp8_accum_dtype",
              "group_size",
              "image_feature_size",
              "image_proj_type",
              "image_token_id",
              "k_expert",
              "linear_type",
              "mamba_chunk_size",
              "n_expert",
              "shared_intermediate_size",
              "sliding_window",
              "sparse_intermediate_size",
              "sparse_step",
              "tokenizer_class",
              "use_predefined_initial_state")
          .build();

  private Plamo2() {}

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of("model.layers.layers.{layer}." + source, "blk.{layer}." + target, shape);
  }

  /// Whether a layer attends. The last of a few does, whatever the step is.
  private static boolean attends(ModelConfig config, int layers, int layer) throws FormatException {
    if (!config.is(SWITCH)) {
      return true;
    }
    int step = config.size(STEP);
    if (step < 2) {
      throw config.fields().problem(STEP, "is %d, expected at least 2".formatted(step));
    }
    return layers <= step / 2 ? layer == layers - 1 : layer % step == step / 2;
  }

  /// A layer without heads of keys is a state space. llama.cpp takes the size of rotated parts from
  /// the first layer, and a rotation of nothing does not end: all are said to have heads of
  /// queries.
  private static void heads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    boolean hasSpaces = source.config().is(SWITCH);
    if (!hasSpaces && !source.isCorrected()) {
      return;
    }
    int[] queries = new int[sizes.layers()];
    int[] keys = new int[sizes.layers()];
    for (int layer = 0; layer < queries.length; layer++) {
      boolean attends = attends(source.config(), queries.length, layer);
      queries[layer] = attends || source.isCorrected() ? sizes.heads() : 0;
      keys[layer] = attends ? sizes.keyValueHeads() : 0;
    }
    metadata
        .put(source.key("attention.head_count_kv"), MetadataValue.Array.ofInts(keys))
        .put(source.key("attention.head_count"), MetadataValue.Array.ofInts(queries));
    if (!hasSpaces) {
      source.noteDropped("num_attention_heads", sizes.heads(), "attention.head_count");
    } else if (source.isCorrected() && keys[0] == 0) {
      source
          .notes()
          .add(
              "heads of queries are written for all layers: llama.cpp does not end where the first"
                  + " has none, as its converter writes it (--as-reference)");
    }
  }

  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps").write(source, metadata);
    double said = source.config().optionalReal(List.of("rms_norm_eps")).orElse(HEAD_EPSILON);
    if (source.isCorrected() && (float) said != (float) HEAD_EPSILON) {
      throw source
          .config()
          .fields()
          .problem(
              "rms_norm_eps",
              "is %s: norms of heads with another one, %s, which cannot be evaluated"
                  .formatted(said, HEAD_EPSILON));
    }
  }

  /// The base of layers that see the whole text, or of those with a window where there are no
  /// others; the reference takes the former in any case.
  private static void base(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    if (!source.isCorrected()) {
      double theta = RopeParameters.of(config).theta().orElse(USUAL_BASE);
      metadata.putFloat32(source.key(BASE), (float) theta);
      return;
    }
    List<Boolean> isLocal = isLocal(source);
    double whole = config.optionalReal(List.of("rope_theta")).orElse(USUAL_BASE);
    double local = config.optionalReal(List.of("rope_local_theta")).orElse(USUAL_BASE);
    boolean hasWhole = isLocal.contains(false);
    metadata.putFloat32(source.key(BASE), (float) (hasWhole ? whole : local));
    if (!isLocal.contains(true) || local == whole) {
      return;
    }
    String key = hasWhole ? BASE + "_swa" : BASE;
    if (hasWhole) {
      metadata.putFloat32(source.key(key), (float) local);
    }
    source.noteDropped("rope_local_theta", local, key);
  }

  /// A query sees as many tokens before it as the field says. llama.cpp has no windows here.
  private static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<Boolean> isLocal = isLocal(source);
    if (!source.isCorrected() || !isLocal.contains(true)) {
      return;
    }
    long length = source.config().size("attention_window_size") + 1L;
    metadata.putUint32(source.key(WINDOW), length);
    if (isLocal.contains(false)) {
      List<Boolean> ofAll = new ArrayList<>();
      List<Long> whole = whole(source.config());
      for (int layer = 0; layer < source.sizes().layers(); layer++) {
        ofAll.add(!whole.contains((long) layer));
      }
      metadata.put(source.key(PATTERN), MetadataRule.flags(ofAll));
    }
    source
        .notes()
        .add(
            ("the window of %d tokens, the query's own included, is written as %s, which llama.cpp"
                    + " does not read; its converter drops it (--as-reference)")
                .formatted(length, source.key(WINDOW)));
  }

  /// Whether each layer that attends has a window.
  private static List<Boolean> isLocal(MetadataRule.Source source) throws FormatException {
    List<Long> whole = whole(source.config());
    int layers = source.sizes().layers();
    List<Boolean> isLocal = new ArrayList<>();
    for (int layer : IntStream.range(0, layers).toArray()) {
      if (attends(source.config(), layers, layer)) {
        isLocal.add(!whole.contains((long) layer));
      }
    }
    return isLocal;
  }

  private static List<Long> whole(ModelConfig config) throws FormatException {
    return config.fields().integers(FULL).orElse(List.of());
  }
}
