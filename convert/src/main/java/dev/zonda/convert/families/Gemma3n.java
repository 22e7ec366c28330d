package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.expression.Constant;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Gemma 3n: several residual streams, of which a layer computes with one and predicts and corrects
/// the others (AltUp); a product of two narrow matrices beside attention (Laurel); networks that
/// pass only the largest values of their gates; keys and values that the last layers share, and a
/// second embedding for each layer, as in Gemma 4. Of a model that sees and hears, only the text
/// part.
final class Gemma3n {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final Dimension INNER =
      new Dimension("intermediate_size", sizes -> Gemma3nKeys.length(sizes, sizes.layer()));
  private static final Dimension STREAMS = Dimension.of(Gemma3nKeys.STREAMS);
  private static final Dimension OTHER_STREAMS =
      new Dimension(Gemma3nKeys.STREAMS + " - 1", sizes -> sizes.size(Gemma3nKeys.STREAMS) - 1L);
  private static final Dimension RANK = Dimension.of("laurel_rank");

  /// The projections have a number and no layer: both get a place in their names.
  private static final TensorRule.Layers FIRST = (layer, sizes) -> layer == 0;

  private static final List<TensorRule> FRAME =
      Stream.concat(
              CommonTensors.EMBEDDINGS.stream(),
              Stream.of(
                  TensorRule.of(
                          "model.embed_tokens_per_layer.weight",
                          "per_layer_token_embd.weight",
                          Dimension.of(Gemma4Inputs.VOCABULARY),
                          Gemma4Inputs.ALL)
                      .with(Gemma3n::forAllTokens),
                  TensorRule.of(
                      "model.per_layer_model_projection.weight",
                      "per_layer_model_proj.weight",
                      Gemma4Inputs.ALL,
                      HIDDEN),
                  TensorRule.of(
                      "model.per_layer_projection_norm.weight",
                      "per_layer_proj_norm.weight",
                      Gemma4Inputs.INPUT),
                  projections("altup_projections", "altup_proj.weight"),
                  projections("altup_unembed_projections", "altup_unembd_proj.weight")))
          .toList();

  private static final List<TensorRule> LAYERS =
      List.of(
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN),
          block("pre_feedforward_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("post_feedforward_layernorm.weight", "post_ffw_norm.weight", HIDDEN),
          block("mlp.gate_proj.weight", "ffn_gate.weight", INNER, HIDDEN),
          block("mlp.up_proj.weight", "ffn_up.weight", INNER, HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, INNER),
          block("per_layer_input_gate.weight", "inp_gate.weight", Gemma4Inputs.INPUT, HIDDEN),
          block("per_layer_projection.weight", "proj.weight", HIDDEN, Gemma4Inputs.INPUT),
          block("post_per_layer_input_norm.weight", "post_norm.weight", HIDDEN),
          block("altup.correct_output_scale", "altup_correct_scale.weight", HIDDEN),
          block("altup.correction_coefs.weight", "altup_correct_coef.weight", STREAMS, STREAMS),
          block(
              "altup.prediction_coefs.weight",
              "altup_predict_coef.weight",
              STREAMS.times(STREAMS),
              STREAMS),
          block("altup.modality_router.weight", "altup_router.weight", STREAMS, HIDDEN),
          block("altup.router_norm.weight", "altup_router_norm.weight", HIDDEN),
          block("laurel.linear_left.weight", "laurel_l.weight", RANK, HIDDEN),
          block("laurel.linear_right.weight", "laurel_r.weight", HIDDEN, RANK),
          block("laurel.post_laurel_norm.weight", "laurel_post_norm.weight", HIDDEN));

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          BIASES,
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN)
              .neededOn(Gemma4Layers::hasKeys),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN)
              .neededOn(Gemma4Layers::hasKeys),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES));

  private static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("self_attn.q_norm.weight", "attn_q_norm.weight", HEAD),
          block("self_attn.k_norm.weight", "attn_k_norm.weight", HEAD)
              .neededOn(Gemma4Layers::hasKeys));

  /// What transformers' Gemma3nTextConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.ofEntries(
              Map.entry("vocab_size", 262400),
              Map.entry("hidden_size", 2048),
              Map.entry("intermediate_size", 16384),
              Map.entry("num_hidden_layers", 35),
              Map.entry("num_attention_heads", 8),
              Map.entry("num_key_value_heads", 2),
              Map.entry("head_dim", 256),
              Map.entry("max_position_embeddings", 32768),
              Map.entry("rms_norm_eps", 1e-6),
              Map.entry("sliding_window", 512),
              Map.entry("final_logit_softcapping", 30.0),
              Map.entry(Gemma4Inputs.VOCABULARY, 262144),
              Map.entry(Gemma4Inputs.LENGTH, 256),
              Map.entry(Gemma3nKeys.ACTIVE, 0),
              Map.entry(Gemma3nKeys.STREAMS, 4),
              Map.entry(Gemma3nKeys.SCALES, true),
              Map.entry(Gemma4Layers.SHARED, 15),
              Map.entry("laurel_rank", 64),
              Map.entry("tie_word_embeddings", true),
              Map.entry("rope_theta", 1e6),
              Map.entry("rope_local_base_freq", 10000.0)));

  static final Family FAMILY =
      Family.builder("Gemma 3n", "gemma3n")
          .models("Gemma 3n E2B, E4B")
          .defaults(DEFAULTS, "gemma3n_text", "gemma3n")
          .tensors(FRAME, LAYERS, ATTENTION, HEAD_NORMS)
          .rename("language_model.", "")
          .rename("altup_projections.", "altup_projections.0.")
          .rename("altup_unembed_projections.", "altup_unembed_projections.0.")
          .leftovers(Gemma4.LEFTOVERS)
          .metadata(
              NetworkKeys.upToHeads(Gemma3nKeys::lengths),
              MetadataRule.size("attention.key_length", "head_dim"),
              MetadataRule.size("attention.value_length", "head_dim"),
              MetadataRule.fileType(),
              MetadataRule.real("final_logit_softcapping", "final_logit_softcapping"),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              Gemma3nKeys::write,
              Gemma2.ACTIVATION)
          .rope(RopeStyle.BY_LAYER_TYPE)
          .unusedFields(
              "hidden_act",
              "cache_implementation",
              "altup_coef_clip",
              "altup_lr_multiplier",
              "audio_soft_tokens_per_image",
              "boa_token_id",
              "boi_token_id",
              "eoa_token_id",
              "eoi_token_id",
              "vision_soft_tokens_per_image")
          .vocabulary(VocabularyForm.GEMMA)
          .build();

  private Gemma3n() {}

  private static TensorRule projections(String source, String target) {
    return TensorRule.of(
            "model." + source + ".{layer}.{expert}.weight", target, OTHER_STREAMS, HIDDEN, HIDDEN)
        .on(FIRST);
  }

  /// Tokens of images and sounds have no row of their own: transformers takes the first one for
  /// them, the reference zeros.
  private static Expression forAllTokens(Expression source, ModelSizes sizes) {
    long rows = sizes.vocabulary() - source.shape().dimension(0);
    if (rows <= 0) {
      return source;
    }
    long length = source.shape().rowLength();
    Expression row =
        sizes.fidelity() == Fidelity.CORRECTED
            ? source
            : new Constant(Collections.nCopies(Math.toIntExact(length), 0f))
                .reshaped(1, length)
                .as(source.type());
    RowOrder first = new RowOrder(0, List.of(new RowOrder.Loop(rows, 0)));
    return JoinRows.concatenate(List.of(source, SelectRows.of(row, first)));
  }
}
