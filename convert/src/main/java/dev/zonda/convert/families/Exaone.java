package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// EXAONE 3 and 3.5: Llama's network under names in the style of GPT-2, with heads in Hugging
/// Face's order.
final class Exaone {
  private static final String BLOCK = "transformer.h.{layer}.";

  private static final String EPSILON = "attention.layer_norm_rms_epsilon";

  /// The field that the reference's converter asks for.
  private static final String ACTIVATION = "activation_function";

  private static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("ln_1.weight", "attn_norm.weight", HIDDEN),
          block("ln_2.weight", "ffn_norm.weight", HIDDEN));

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          Announcement.by("attention_bias", false),
          block("attn.attention.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("attn.attention.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
          block("attn.attention.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          block("attn.attention.out_proj.weight", "attn_output.weight", HIDDEN, QUERIES));

  private static final List<TensorRule> NETWORK =
      TensorRule.biased(
          Announcement.by("mlp_bias", false),
          block("mlp.c_fc_0.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          block("mlp.c_fc_1.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.c_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' ExaoneConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 102400,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 4096,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 500000.0))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("EXAONE", "exaone")
          .models("EXAONE 3.0 7.8B", "EXAONE 3.5 2.4B, 7.8B, 32B", "EXAONE Deep")
          .defaults(DEFAULTS, "exaone")
          .prefix("transformer.")
          .aliases(
              Map.of(
                  "num_hidden_layers", List.of("num_layers"),
                  "rms_norm_eps", List.of("layer_norm_epsilon"),
                  "hidden_act", List.of(ACTIVATION)))
          .tensors(FRAME, ATTENTION, NETWORK)
          // transformers 5 can save it under Llama's names.
          .rename("model.embed_tokens.", "transformer.wte.")
          .rename("model.norm.", "transformer.ln_f.")
          .rename("model.layers.", "transformer.h.")
          .rename(".self_attn.o_proj.", ".attn.attention.out_proj.")
          .rename(".self_attn.", ".attn.attention.")
          .rename(".input_layernorm.", ".ln_1.")
          .rename(".post_attention_layernorm.", ".ln_2.")
          .rename(".mlp.gate_proj.", ".mlp.c_fc_0.")
          .rename(".mlp.up_proj.", ".mlp.c_fc_1.")
          .rename(".mlp.down_proj.", ".mlp.c_proj.")
          .metadata(Exaone::keys, Exaone::rotated, ActivationRule.SILU)
          .generated(RopeFactors::targets)
          .build();

  private Exaone() {}

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }

  /// The reference writes the epsilon for another kind of norm, by its field's name, so that
  /// llama.cpp does not load the file.
  private static void keys(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.isCorrected()) {
      NetworkKeys.ALL.write(source, metadata);
      metadata.remove(source.key("attention.layer_norm_epsilon"));
      source
          .notes()
          .add(
              "%s is written as %s; llama.cpp's converter writes it as that of layer norms"
                      .formatted("layer_norm_epsilon", source.key(EPSILON))
                  + " (--as-reference), and llama.cpp does not load that");
      return;
    }
    if (!source.config().fields().has(ACTIVATION)) {
      throw source
          .config()
          .fields()
          .problem(
              ACTIVATION,
              "is missing, and llama.cpp's converter fails without it: leave out --as-reference");
    }
    Metadata.Builder all = Metadata.builder();
    NetworkKeys.ALL.write(source, all);
    all.build()
        .entries()
        .forEach((key, value) ->
            metadata.put(
                key.equals(source.key(EPSILON)) ? source.key("attention.layer_norm_epsilon") : key,
                value));
  }

  /// Whole heads are rotated. The reference does not read how long they are.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int shared = source.sizes().hidden() / source.sizes().heads();
    double part = RopeParameters.of(source.config()).rotatedPart();
    metadata.putUint32(
        source.key("rope.dimension_count"),
        source.isCorrected() ? source.sizes().headLength() : (int) (part * shared));
    MetadataRule.implied("partial_rotary_factor", 1.0).write(source, metadata);
  }
}
