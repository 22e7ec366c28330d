package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RotaryOrder;
import dev.zonda.convert.rules.StateSpaceTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.TimeStepLimit;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Bamba: state spaces on most layers; the others attend, and half of each head has positions.
final class Bamba {
  private static final String INDICES = "attn_layer_indices";

  /// The part of each head that has positions, whatever config.json says.
  private static final double ROTATED = 0.5;

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final TensorRule.Layers ATTENDS =
      (layer, sizes) -> attends(sizes.config(), sizes.layers()).get(layer);

  /// Embeddings and norms.
  static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.final_layernorm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("pre_ff_layernorm.weight", "ffn_norm.weight", HIDDEN));

  private static final List<TensorRule> FEED_FORWARD_NETWORK =
      TensorRule.biased(
          Announcement.by("mlp_bias", false),
          block("feed_forward.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          block("feed_forward.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("feed_forward.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' BambaConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128000,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 262144,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0,
                  "partial_rotary_factor", ROTATED))
          .with(
              Map.of(
                  "mamba_d_conv", 4,
                  "mamba_d_state", 256,
                  "mamba_n_groups", 1,
                  "mamba_expand", 2,
                  "mamba_n_heads", 128))
          .keyHeads(8)
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Bamba", "granitehybrid")
          .like(Granite.FAMILY)
          .models("Bamba 9B, Bamba 9B v2")
          // The reference takes config.json alone.
          .publishedDefaults(DEFAULTS, "bamba")
          .tensors(
              FRAME,
              TensorRule.on(
                  ATTENDS,
                  CommonTensors.attention(
                      (source, sizes) -> permuted(source, sizes, sizes.heads()),
                      (source, sizes) -> permuted(source, sizes, sizes.keyValueHeads()),
                      BIASES,
                      BIASES)),
              TensorRule.on(TensorRule.Layers.allBut(ATTENDS), GraniteHybrid.STATES),
              FEED_FORWARD_NETWORK)
          .metadata(
              Bamba::requireHybrid,
              GraniteHybrid::requireHeads,
              GraniteHybrid::requireWholeVocabulary,
              Granite.KEYS,
              Granite4.STATES,
              Bamba::rotated,
              (source, metadata) ->
                  Granite4.keyHeads(
                      source, attends(source.config(), source.sizes().layers()), metadata),
              (source, metadata) -> metadata.putBool(source.key("rope.scaling.finetuned"), true),
              MetadataRule.implied("partial_rotary_factor", ROTATED),
              TimeStepLimit.KEPT,
              StateSpaceTensors.ACTIVATION)
          .unusedFields("mamba_chunk_size", "num_logits_to_keep", "z_loss_coefficient")
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private Bamba() {}

  private static List<Boolean> attends(ModelConfig config, int layers) throws FormatException {
    List<Long> indices = config.fields().integers(INDICES).orElse(List.of());
    Optional<Long> strange = indices.stream().filter(i -> i < 0 || i >= layers).findFirst();
    if (strange.isPresent()) {
      throw config
          .fields()
          .problem(INDICES, "holds %d, expected 0 to %d".formatted(strange.get(), layers - 1));
    }
    List<Boolean> attends = new ArrayList<>();
    for (long layer = 0; layer < layers; layer++) {
      attends.add(indices.contains(layer));
    }
    return attends;
  }

  private static void requireHybrid(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<Boolean> attends = attends(source.config(), source.sizes().layers());
    if (!source.isCorrected() && (!attends.contains(true) || !attends.contains(false))) {
      throw source
          .config()
          .fields()
          .problem(
              INDICES,
              "names no layer, or all: llama.cpp's converter fails on the former, and takes the"
                  + " latter for Granite");
    }
  }

  /// Half of each head in transformers' class, whatever config.json says; the reference takes its
  /// word.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = "rope.dimension_count";
    String field = "attn_rotary_emb";
    OptionalLong said = source.config().optionalCount(List.of(field));
    if (!source.isCorrected()) {
      if (said.orElse(0) > 0) {
        metadata.putUint32(source.key(key), said.getAsLong());
      }
      return;
    }
    int half = source.sizes().headLength() / 2;
    metadata.putUint32(source.key(key), half);
    MetadataRule.implied(field, half).write(source, metadata);
    source
        .notes()
        .add(
            "half of each head has positions, and these values are written as pairs; llama.cpp's"
                + " converter pairs values of both halves (--as-reference)");
  }

  /// The reference pairs values that lie half a head apart, though those that rotate together are
  /// closer: they are as far apart as in heads of half the length. What does not rotate may have
  /// any order.
  private static Expression permuted(Expression source, ModelSizes sizes, int heads)
      throws FormatException {
    if (sizes.rotary() == RotaryOrder.PAIRS) {
      return source;
    }
    boolean isReference = sizes.fidelity() == Fidelity.AS_REFERENCE;
    if (!isReference && sizes.headLength() % 4 != 0) {
      throw sizes
          .config()
          .fields()
          .problem(
              "num_attention_heads",
              "leads to heads of %d features, half of which are no pairs"
                  .formatted(sizes.headLength()));
    }
    return SelectRows.of(
        source,
        RowOrder.rotaryPairs(source.shape().dimension(0), isReference ? heads : 2L * heads));
  }
}
