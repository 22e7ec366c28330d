package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// MPT: positions by a bias that grows with the distance (ALiBi), norms and matrices without
/// biases, products of attention that may be clamped.
final class Mpt {
  private static final String BLOCK = "transformer.blocks.{layer}.";
  private static final Dimension FEED_FORWARD = HIDDEN.times(4);

  private static final Announcement BIASES = Announcement.without("no_bias", true);

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of(
                  "transformer.wpe.weight",
                  "position_embd.weight",
                  Dimension.of("max_seq_len"),
                  HIDDEN)
              .optional(),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> BIASED =
      TensorRule.biased(
          BIASES,
          TensorRule.of("transformer.norm_f.weight", "output_norm.weight", HIDDEN),
          block("norm_1.weight", "attn_norm.weight", HIDDEN),
          block("attn.Wqkv.weight", "attn_qkv.weight", QUERIES_KEYS_VALUES, HIDDEN),
          block("attn.q_ln.weight", "attn_q_norm.weight", HIDDEN).optional(),
          block("attn.k_ln.weight", "attn_k_norm.weight", HIDDEN).optional(),
          block("attn.out_proj.weight", "attn_output.weight", HIDDEN, HIDDEN),
          block("norm_2.weight", "ffn_norm.weight", HIDDEN),
          block("ffn.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("ffn.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' MptConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 50368,
                  "hidden_size", 2048,
                  "num_hidden_layers", 24,
                  "num_attention_heads", 16,
                  "max_seq_len", 2048,
                  "layer_norm_epsilon", 1e-5,
                  "tie_word_embeddings", true))
          .following(Mpt::keyHeads);

  static final Family FAMILY =
      Family.builder("MPT", "mpt")
          .models("MPT 7B, Instruct, Chat, StoryWriter", "MPT 30B")
          .defaults(DEFAULTS, "mpt")
          .aliases(
              Map.of(
                  "hidden_size", List.of("d_model"),
                  "num_attention_heads", List.of("n_heads"),
                  "num_hidden_layers", List.of("n_layers")))
          .tensors(EMBEDDINGS, BIASED)
          .prefix("transformer.")
          .leftovers(List.of())
          .metadata(
              MetadataRule.size("context_length", "max_seq_len"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.computed("feed_forward_length", FEED_FORWARD),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              Mpt::epsilon,
              Mpt::attention,
              MetadataRule.implied("expansion_ratio", 4),
              MetadataRule.implied("norm_type", "low_precision_layernorm"),
              MetadataRule.implied("embedding_fraction", 1))
          .unusedFields("init_device", "learned_pos_emb", "verbose")
          .build();

  private static final double USUAL_BIAS = 8;

  private Mpt() {}

  private static Map<String, Object> keyHeads(JsonFields config, Map<String, Object> values)
      throws FormatException {
    Optional<JsonFields> attention = config.object("attn_config");
    if (attention.isEmpty()) {
      return Map.of();
    }
    OptionalLong heads = attention.get().integer("kv_n_heads", 1, Integer.MAX_VALUE);
    return heads.isEmpty() ? Map.of() : Map.of("num_key_value_heads", heads.getAsLong());
  }

  /// llama.cpp's converter writes what published models have.
  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double said = source.config().optionalReal(List.of("layer_norm_epsilon")).orElse(1e-5);
    String key = "attention.layer_norm_epsilon";
    if (source.isCorrected() && said != 1e-5) {
      source.noteDropped("layer_norm_epsilon", said, key);
    }
    metadata.putFloat32(source.key(key), source.isCorrected() ? (float) said : 1e-5f);
  }

  private static void attention(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonFields> attention = source.config().fields().object("attn_config");
    double bias = USUAL_BIAS;
    if (attention.isPresent()) {
      attention
          .get()
          .real("clip_qkv")
          .ifPresent(most -> metadata.putFloat32(source.key("attention.clamp_kqv"), (float) most));
      double most = attention.get().real("alibi_bias_max").orElse(USUAL_BIAS);
      bias = attention.get().bool("alibi").orElse(true) ? most : 0;
      attention
          .get()
          .skip("attn_impl", "attn_pdrop", "attn_type", "attn_uses_sequence_id", "qk_ln");
      requireCausal(source, attention.get());
      noteScale(source, attention.get());
    }
    if (bias != USUAL_BIAS) {
      source
          .notes()
          .add(
              ("the largest bias for the distance is %s, as attn_config says; "
                      + "transformers' own class has %s")
                  .formatted(bias, USUAL_BIAS));
    }
    metadata.putFloat32(source.key("attention.max_alibi_bias"), (float) bias);
    noteIgnored(source, source.config().fields(), "logit_scale");
  }

  private static void requireCausal(MetadataRule.Source source, JsonFields attention)
      throws FormatException {
    if (attention.bool("prefix_lm").orElse(false) && source.isCorrected()) {
      throw attention.problem(
          "prefix_lm", "is true: tokens see later ones, which cannot be evaluated");
    }
  }

  private static void noteScale(MetadataRule.Source source, JsonFields attention)
      throws FormatException {
    noteIgnored(source, attention, "softmax_scale");
    attention
        .real("softmax_scale")
        .ifPresent(
            scale -> source.unwritten().putFloat32(source.key("attention.scale"), (float) scale));
  }

  private static void noteIgnored(MetadataRule.Source source, JsonFields config, String field) {
    if (config.has(field)) {
      source
          .notes()
          .add(
              field
                  + " is set, which GGUF has no key for in this family: the file will not "
                  + "apply it");
    }
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
