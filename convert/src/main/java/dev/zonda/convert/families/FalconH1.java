package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.Multiple;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Factors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.StateSpaceTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.TimeStepLimit;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// Falcon H1: attention and a state space side by side in each layer. Factors of what networks
/// compute are folded into the weights.
final class FalconH1 {
  private static final String NETWORKS = "mlp_multipliers";
  private static final String SPACES = "ssm_multipliers";
  private static final String KEY = "key_multiplier";
  private static final String ATTENTION_IN = "attention_in_multiplier";
  private static final String ATTENTION_OUT = "attention_out_multiplier";
  private static final String SPACE_IN = "ssm_in_multiplier";
  private static final String SPACE_OUT = "ssm_out_multiplier";
  private static final String EMBEDDING = "embedding_multiplier";
  private static final String OUTPUT = "lm_head_multiplier";

  private static final Dimension INNER =
      new Dimension("mamba_d_ssm", sizes -> inner(sizes.config()));

  private static final Dimension HEADS = Dimension.of("mamba_n_heads");
  private static final Dimension STATES =
      Dimension.of("mamba_n_groups").times(Dimension.of("mamba_d_state"));

  private static final StateSpaceTensors SPACE =
      new StateSpaceTensors(
          INNER,
          HEADS,
          Dimension.of("mamba_n_groups"),
          Dimension.of("mamba_d_state"),
          Dimension.of("mamba_d_conv"));

  private static final Announcement ATTENTION_BIASES = Announcement.by("attention_bias", false);
  private static final Announcement NETWORK_BIASES = Announcement.by("mlp_bias", false);

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN)
              .with(times(EMBEDDING)),
          TensorRule.of("model.final_layernorm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN)
              .with(times(OUTPUT))
              .optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("pre_ff_layernorm.weight", "ffn_norm", HIDDEN));

  private static final List<TensorRule> ATTENTION =
      List.of(
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN)
              .with(times(ATTENTION_IN)),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN)
              .with(times(KEY, ATTENTION_IN)),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN).with(times(ATTENTION_IN)),
          bias(block("self_attn.q_proj.bias", "attn_q.bias", QUERIES), behindFactor()),
          bias(block("self_attn.k_proj.bias", "attn_k.bias", KEYS), behindFactor(KEY)),
          bias(block("self_attn.v_proj.bias", "attn_v.bias", KEYS), behindFactor()),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES)
              .with(times(ATTENTION_OUT)),
          bias(block("self_attn.o_proj.bias", "attn_output.bias", HIDDEN), times(ATTENTION_OUT)));

  private static final List<TensorRule> FEED_FORWARD_NETWORK =
      List.of(
          network("gate_proj", "ffn_gate", FEED_FORWARD, HIDDEN, times(0)),
          network("up_proj", "ffn_up", FEED_FORWARD, HIDDEN, Transform.NONE),
          network("down_proj", "ffn_down", HIDDEN, FEED_FORWARD, times(1)),
          networkBias("gate_proj", "ffn_gate", FEED_FORWARD, times(0)),
          networkBias("up_proj", "ffn_up", FEED_FORWARD, Transform.NONE),
          networkBias("down_proj", "ffn_down", HIDDEN, times(1)));

  /// What transformers' FalconH1Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128000,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 8192,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .with(
              Map.of(
                  "mamba_d_conv", 4,
                  "mamba_d_state", 256,
                  "mamba_n_groups", 1,
                  "mamba_expand", 2,
                  "mamba_n_heads", 128))
          .following((config, known) ->
              config.mentions("mamba_d_ssm") ? Map.of() : Map.of("mamba_d_ssm", 1024))
          .keyHeads(8)
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Falcon H1", "falcon-h1")
          .models("Falcon H1 0.5B to 34B")
          // The reference takes config.json alone.
          .publishedDefaults(DEFAULTS, "falcon_h1")
          .tensors(
              FRAME,
              ATTENTION,
              space(),
              List.of(SPACE.norm(GraniteHybrid.MIXER).announced(FalconH1::isNormed)),
              FEED_FORWARD_NETWORK)
          .metadata(
              (source, metadata) -> SPACE.requireHeads(source, "mamba_d_head"),
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              (source, metadata) ->
                  metadata.putUint32(source.key("block_count"), source.sizes().layers()),
              SPACE.keys(),
              Mamba2.EPSILON,
              MetadataRule.fileType(),
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              MetadataRule.size("attention.key_length", "head_dim"),
              MetadataRule.size("attention.value_length", "head_dim"),
              FalconH1::positions,
              FalconH1::keepPlaceOfNorm,
              TimeStepLimit.KEPT,
              StateSpaceTensors.ACTIVATION)
          .tiedOutput(FalconH1::tiedOutput)
          .vocabulary(VocabularyForm.BYTES)
          .unusedFields(
              "mamba_chunk_size",
              "mamba_expand",
              "mamba_use_mlp",
              "mlp_expansion_factor",
              "num_logits_to_keep")
          .build();

  private FalconH1() {}

  private static List<TensorRule> space() {
    List<TensorRule> all = new ArrayList<>();
    for (TensorRule rule :
        SPACE.tensors(
            GraniteHybrid.MIXER,
            Announcement.by("mamba_proj_bias", false),
            Announcement.by("mamba_conv_bias", true))) {
      String source = rule.parts().getFirst().source().substring(GraniteHybrid.MIXER.length());
      all.add(
          switch (source) {
            case "in_proj.weight" -> rule.with(FalconH1::inputs);
            case "in_proj.bias" -> rule.with(FalconH1::inputBias);
            case "out_proj.weight" -> rule.with(times(SPACE_OUT));
            case "out_proj.bias" ->
                rule.with(times(SPACE_OUT)).announced(Announcement.by("projectors_bias", false));
            default -> rule;
          });
    }
    return List.copyOf(all);
  }

  private static TensorRule bias(TensorRule rule, Transform transform) {
    return rule.with(transform).optional().announced(ATTENTION_BIASES);
  }

  private static TensorRule network(
      String source, String target, Dimension rows, Dimension columns, Transform transform) {
    return block("feed_forward." + source + ".weight", target + ".weight", rows, columns)
        .with(transform);
  }

  private static TensorRule networkBias(
      String source, String target, Dimension rows, Transform transform) {
    return block("feed_forward." + source + ".bias", target + ".bias", rows)
        .with(transform)
        .optional()
        .announced(NETWORK_BIASES);
  }

  /// One factor after the other.
  private static Transform times(String... fields) {
    return (source, sizes) -> {
      Expression product = source;
      for (String field : fields) {
        product = Factors.times(product, sizes, factor(sizes, field));
      }
      return product;
    };
  }

  /// One of the factors of the feed-forward network.
  private static Transform times(int index) {
    return (source, sizes) -> Factors.times(source, sizes, factors(sizes, NETWORKS, 2).get(index));
  }

  /// A bias is added to what the factor of the input is in already. The reference multiplies it,
  /// too.
  private static Transform behindFactor(String... own) {
    List<String> all = new ArrayList<>(List.of(own));
    all.add(ATTENTION_IN);
    Transform ofReference = times(all.toArray(String[]::new));
    Transform right = times(own);
    return (source, sizes) ->
        (sizes.fidelity() == Fidelity.AS_REFERENCE ? ofReference : right).apply(source, sizes);
  }

  /// What makes gates, inputs, writing and reading vectors, and steps, each with its own factor.
  private static Expression inputs(Expression source, ModelSizes sizes) throws FormatException {
    return byRows(Factors.times(source, sizes, factor(sizes, SPACE_IN)), sizes);
  }

  private static Expression inputBias(Expression source, ModelSizes sizes) throws FormatException {
    if (sizes.fidelity() == Fidelity.AS_REFERENCE) {
      throw sizes
          .config()
          .fields()
          .problem("mamba_proj_bias", "is true, on which llama.cpp's converter fails");
    }
    return byRows(source, sizes);
  }

  private static Expression byRows(Expression source, ModelSizes sizes) throws FormatException {
    List<Double> factors = factors(sizes, SPACES, 5);
    long inner = INNER.of(sizes);
    long states = STATES.of(sizes);
    List<Long> counts = List.of(inner, inner, states, states, HEADS.of(sizes));
    long all = source.shape().dimension(0);
    Expression matrix = source.shape().rank() > 1 ? source : source.reshaped(all, 1);
    List<Expression> parts = new ArrayList<>();
    long start = 0;
    for (int i = 0; i < counts.size(); i++) {
      Expression rows = SelectRows.of(matrix, RowOrder.part(1, all, start, counts.get(i)));
      parts.add(Factors.times(rows, sizes, factors.get(i)));
      start += counts.get(i);
    }
    Expression joined = JoinRows.concatenate(parts);
    return source.shape().rank() > 1 ? joined : joined.reshaped(all);
  }

  private static double factor(ModelSizes sizes, String field) throws FormatException {
    ModelConfig config = sizes.config();
    OptionalDouble said = config.optionalReal(List.of(field));
    if (said.isEmpty()) {
      requireInReference(sizes, field);
    }
    return said.orElse(1);
  }

  private static List<Double> factors(ModelSizes sizes, String field, int count)
      throws FormatException {
    JsonFields config = sizes.config().fields();
    Optional<List<Double>> said = config.reals(field);
    if (said.isEmpty()) {
      requireInReference(sizes, field);
      return Collections.nCopies(count, 1.0);
    }
    if (said.get().size() != count) {
      throw config.problem(field, "has %d values, expected %d".formatted(said.get().size(), count));
    }
    return said.get();
  }

  private static void requireInReference(ModelSizes sizes, String field) throws FormatException {
    if (sizes.fidelity() == Fidelity.AS_REFERENCE) {
      throw sizes
          .config()
          .fields()
          .problem(field, "is missing, without which llama.cpp's converter fails");
    }
  }

  /// Where the file says null, what follows from the width of the residual stream.
  private static long inner(ModelConfig config) throws FormatException {
    JsonFields fields = config.fields();
    return fields.mentions("mamba_d_ssm") && !fields.has("mamba_d_ssm")
        ? (long) config.size("mamba_expand") * config.size("hidden_size")
        : config.size("mamba_d_ssm");
  }

  private static boolean isNormed(ModelConfig config) throws FormatException {
    return config.is("mamba_rms_norm");
  }

  private static Expression tiedOutput(Expression embedding, ModelSizes sizes)
      throws FormatException {
    return new Multiple(embedding, (float) (factor(sizes, OUTPUT) / factor(sizes, EMBEDDING)));
  }

  /// The reference writes the base frequency alone.
  private static void positions(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String base = source.key("rope.freq_base");
    RopeParameters rope = RopeParameters.of(source.config());
    if (!source.isCorrected()) {
      metadata.putFloat32(
          base,
          (float)
              rope.theta()
                  .orElseThrow(() ->
                      source
                          .config()
                          .fields()
                          .problem(
                              "rope_theta",
                              "is missing, without which llama.cpp's converter fails")));
      return;
    }
    Metadata.Builder all = Metadata.builder();
    new RopeRule().write(source, all);
    Metadata found = all.build();
    metadata.putAll(found.entries());
    if (found.get(source.key("rope.scaling.type")).isPresent()) {
      source.noteDropped("rope_type", rope.type(), "rope.scaling.type");
    }
  }

  /// llama.cpp norms what is read behind its gate.
  private static void keepPlaceOfNorm(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "mamba_norm_before_gate";
    boolean isBefore = Announcement.by(field, true).isMade(source.config());
    if (source.isCorrected() && isNormed(source.config()) && isBefore) {
      source.noteUnwritten(field, true, false);
      source.unwritten().putBool(source.key("ssm.norm_before_gate"), true);
    }
  }
}
