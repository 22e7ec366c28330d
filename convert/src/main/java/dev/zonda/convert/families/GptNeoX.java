package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedHeads;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// GPT-NeoX: norms with biases, attention and feed-forward network side by side, rotary embedding
/// of a part of each head.
final class GptNeoX {
  private static final String BLOCK = "gpt_neox.layers.{layer}.";

  private static final Announcement BIASES = Announcement.by("attention_bias", true);

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("gpt_neox.embed_in.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("embed_out.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> BIASED =
      TensorRule.biased(
          TensorRule.of("gpt_neox.final_layer_norm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.dense_h_to_4h.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.dense_4h_to_h.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final List<TensorRule> ATTENTION =
      List.of(
          block("attention.query_key_value.weight", "attn_qkv.weight", HIDDEN.times(3), HIDDEN)
              .with(FusedHeads::regroup),
          block("attention.query_key_value.bias", "attn_qkv.bias", HIDDEN.times(3))
              .with(FusedHeads::regroup)
              .announced(BIASES),
          block("attention.dense.weight", "attn_output.weight", HIDDEN, HIDDEN),
          block("attention.dense.bias", "attn_output.bias", HIDDEN).announced(BIASES));

  /// What transformers' GPTNeoXConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 50432,
              "hidden_size", 6144,
              "intermediate_size", 24576,
              "num_hidden_layers", 44,
              "num_attention_heads", 64,
              "max_position_embeddings", 2048,
              "layer_norm_eps", 1e-5,
              "use_parallel_residual", true,
              "rope_theta", 10000.0,
              "rotary_pct", 0.25));

  static final Family FAMILY =
      Family.builder("GPT-NeoX", "gptneox")
          .models("GPT-NeoX 20B", "Pythia", "RedPajama INCITE", "Dolly 2", "StableLM Alpha")
          .defaults(DEFAULTS, "gpt_neox")
          .tensors(EMBEDDINGS, BIASED, ATTENTION)
          .prefix("gpt_neox.")
          .rename("lm_head.", "embed_out.")
          .metadata(
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              GptNeoX::rotated,
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              (source, metadata) ->
                  metadata.putBool(
                      source.key("use_parallel_residual"),
                      source.config().is("use_parallel_residual")),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_eps"),
              RopeRule::dropped,
              GptNeoX::noteTheta,
              new ActivationRule("hidden_act", "gelu"))
          .aliases(Map.of("rope_theta", List.of("rotary_emb_base")))
          .build();

  private GptNeoX() {}

  private static void noteTheta(MetadataRule.Source source, Metadata.Builder metadata) {
    if (source.config().fields().has("rope_theta")) {
      source
          .notes()
          .add("rope_theta is believed, though transformers' class reads only rotary_emb_base");
    }
  }

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    double part = rope.rotatedPart();
    String field = "partial_rotary_factor";
    if (rope.fields().isPresent() && rope.fields().get().has(field) && source.isCorrected()) {
      source
          .notes()
          .add(
              "%s %s is in rope_parameters, where llama.cpp's converter does not look: it fails"
                  .formatted(field, part));
    }
    int head = source.sizes().hidden() / source.sizes().heads();
    metadata.putUint32(source.key("rope.dimension_count"), (long) (part * head));
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
