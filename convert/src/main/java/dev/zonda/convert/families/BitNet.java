package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.PackedTernary;
import dev.zonda.convert.expression.Ternary;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.sources.SourceTensors;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorType;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// BitNet b1.58: Llama's network with a norm before the last matrix of each part of a layer, and
/// matrices of minus one, zero and one times a scale.
final class BitNet {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> MATRICES =
      Stream.concat(
              TensorRule.biased(
                  BIASES,
                  block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
                  block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
                  block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
                  block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES))
                  .stream(),
              Stream.of(
                  block("mlp.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
                  block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
                  block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD)))
          .map(BitNet::rounded)
          .toList();

  private static final List<TensorRule> NORMS =
      List.of(
          block("self_attn.attn_sub_norm.weight", "attn_sub_norm.weight", QUERIES)
              .or(block("self_attn.inner_attn_ln.weight", "attn_sub_norm.weight", QUERIES)),
          block("mlp.ffn_sub_norm.weight", "ffn_sub_norm.weight", FEED_FORWARD)
              .or(block("mlp.ffn_layernorm.weight", "ffn_sub_norm.weight", FEED_FORWARD)));

  /// What transformers' BitNetConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128256,
                  "hidden_size", 2560,
                  "intermediate_size", 6912,
                  "num_hidden_layers", 30,
                  "num_attention_heads", 20,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 500000.0,
                  "hidden_act", "relu2"))
          .keyHeads(5);

  static final Family FAMILY =
      Family.builder("BitNet", "bitnet")
          .models("BitNet b1.58 2B 4T", "BitNet b1.58 of 1bitLLM")
          .defaults(DEFAULTS, "bitnet")
          .defaults(Llama.DEFAULTS, "llama")
          .tensors(CommonTensors.FRAME, MATRICES, NORMS)
          .metadata(NetworkKeys.ALL, BitNet::scaling, BitNet::note, ActivationRule.SILU)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .unusedFields("input_bits")
          .build();

  private BitNet() {}

  private static TensorRule rounded(TensorRule rule) {
    return rule.parts().getFirst().shape().size() == 2 ? rule.with(BitNet::round) : rule;
  }

  /// The reference rounds whatever there is, to half precision if that is the source's; it fails on
  /// packed numbers.
  private static Expression round(Expression source, ModelSizes sizes) throws FormatException {
    if (source instanceof PackedTernary) {
      return source;
    }
    if (sizes.fidelity() == Fidelity.AS_REFERENCE) {
      Expression rounded = new Ternary(source);
      return source.type() == TensorType.F16 ? rounded.as(TensorType.F16) : rounded;
    }
    return areRounded(sizes.config()) ? new Ternary(source) : source;
  }

  /// Whether the network rounds matrices while it runs, in transformers or in the code that is
  /// published with older models.
  private static boolean areRounded(ModelConfig config) throws FormatException {
    OptionalLong bits = config.optionalSize(List.of("weight_bits"));
    if (bits.isPresent() && bits.getAsLong() != 1) {
      throw config.fields().problem("weight_bits", "is %d, expected 1".formatted(bits.getAsLong()));
    }
    return bits.isPresent() || SourceTensors.areRoundedLater(config.fields());
  }

  /// The reference says that rotary embedding is not scaled, whatever config.json says.
  private static void scaling(MetadataRule.Source source, Metadata.Builder metadata) {
    String type = source.key("rope.scaling.type");
    boolean isSaid = metadata.build().text(type).isPresent();
    if (source.isCorrected() && isSaid) {
      source.noteDropped("rope_type", metadata.build().text(type).get(), "rope.scaling.type");
      return;
    }
    metadata.putText(type, "linear");
    metadata.putFloat32(source.key("rope.scaling.factor"), 1);
  }

  private static void note(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    if (areRounded(source.config()) || source.config().fields().has("quantization_config")) {
      source
          .notes()
          .add(
              "the network rounds inputs of matrices to 8 bits while it runs, which neither files"
                  + " nor evaluations do");
    } else {
      source
          .notes()
          .add(
              "config.json does not say that matrices are rounded to three values: they are as they"
                  + " are stored; llama.cpp's converter rounds them (--as-reference)");
    }
  }
}
