package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.LatentAttention.PLAIN;
import static dev.zonda.convert.rules.LatentAttention.RANK;
import static dev.zonda.convert.rules.LatentAttention.ROTATED;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeMagnitude;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;

/// MiniCPM 3: latent attention whose matrix for keys and values stays one, and the factors of its
/// siblings, which GGUF has no keys for.
final class MiniCpm3 {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);
  private static final Dimension QUERY_RANK = Dimension.of("q_lora_rank");
  private static final Dimension QUERIES = HEADS.times(PLAIN.plus(ROTATED));

  /// Features of a head of values: if config.json does not say, heads share the width.
  private static final Dimension VALUE =
      new Dimension(
          "v_head_dim",
          sizes ->
              sizes
                  .config()
                  .optionalSize(List.of("v_head_dim"))
                  .orElse(sizes.hidden() / sizes.heads()));

  private static final TensorRule.Layers QUERY_RANKED =
      (layer, sizes) -> sizes.config().optionalSize(List.of("q_lora_rank")).isPresent();

  /// Keys and values from a short vector, and the output.
  static final List<TensorRule> LATENT =
      Stream.concat(
              Stream.of(
                  block("self_attn.kv_a_layernorm.weight", "attn_kv_a_norm.weight", RANK),
                  block(
                      "self_attn.kv_b_proj.weight",
                      "attn_kv_b.weight",
                      HEADS.times(PLAIN.plus(VALUE)),
                      RANK)),
              TensorRule.biased(
                  BIASES,
                  block(
                      "self_attn.kv_a_proj_with_mqa.weight",
                      "attn_kv_a_mqa.weight",
                      RANK.plus(ROTATED),
                      HIDDEN),
                  block(
                      "self_attn.o_proj.weight", "attn_output.weight", HIDDEN, HEADS.times(VALUE)))
                  .stream())
          .toList();

  /// Queries without a short vector.
  static final TensorRule QUERY =
      block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN);

  private static final List<TensorRule> QUERY_TENSORS =
      List.of(
          QUERY.on(TensorRule.Layers.allBut(QUERY_RANKED)),
          block("self_attn.q_a_proj.weight", "attn_q_a.weight", QUERY_RANK, HIDDEN)
              .on(QUERY_RANKED),
          block("self_attn.q_a_proj.bias", "attn_q_a.bias", QUERY_RANK)
              .on(QUERY_RANKED)
              .optional()
              .announced(BIASES),
          block("self_attn.q_a_layernorm.weight", "attn_q_a_norm.weight", QUERY_RANK)
              .on(QUERY_RANKED),
          block("self_attn.q_b_proj.weight", "attn_q_b.weight", QUERIES, QUERY_RANK)
              .on(QUERY_RANKED));

  /// What transformers' MiniCPM3Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 73448,
                  "hidden_size", 2560,
                  "intermediate_size", 6400,
                  "num_hidden_layers", 62,
                  "num_attention_heads", 40,
                  "max_position_embeddings", 32768,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "kv_lora_rank", 256,
                  "q_lora_rank", 768,
                  "qk_nope_head_dim", 64,
                  "qk_rope_head_dim", 32))
          .keyHeads(40)
          // Rotary embedding takes this for the length of a head.
          .same("head_dim", "qk_rope_head_dim");

  static final Family FAMILY =
      Family.builder("MiniCPM 3", "minicpm3")
          .models("MiniCPM 3 4B")
          .defaults(DEFAULTS, "minicpm3")
          .tensors(
              CommonTensors.FRAME,
              QUERY_TENSORS,
              LATENT,
              CommonTensors.feedForward(Announcement.by("mlp_bias", false)))
          .metadata(
              MetadataRule.fileType(),
              MetadataRule.size("context_length", "max_position_embeddings"),
              MetadataRule.size("embedding_length", "hidden_size"),
              (source, metadata) ->
                  metadata.putUint32(source.key("block_count"), source.sizes().layers()),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_key_value_heads"),
              MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("attention.q_lora_rank", "q_lora_rank"),
              MetadataRule.size("attention.kv_lora_rank", "kv_lora_rank"),
              MetadataRule.computed("attention.key_length", PLAIN.plus(ROTATED)),
              MetadataRule.computed("rope.dimension_count", ROTATED),
              MiniCpm3::values,
              MiniCpm3::rope,
              MiniCpm3::scales,
              DeepSeek::keepNorms,
              ActivationRule.SILU)
          .generated(MiniCpm::factors)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .unusedFields("qk_head_dim")
          .build();

  /// What published models have, and llama.cpp in all files.
  private static final double EMBEDDING_SCALE = 12;

  private static final double DEPTH = 1.4;
  private static final double BASE_WIDTH = 256;

  private MiniCpm3() {}

  /// llama.cpp takes the heads' share of the width where a file does not say it.
  private static void values(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long length = VALUE.of(source.sizes());
    if (source.isCorrected() && length != source.sizes().hidden() / source.sizes().heads()) {
      metadata.putUint32(source.key("attention.value_length"), length);
      source.noteDropped("v_head_dim", length, "attention.value_length");
    }
  }

  /// The reference writes none of it but the factors of LongRoPE. No key is needed where those of
  /// short texts are for all that the model takes.
  private static void rope(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    boolean isLong = List.of("longrope", "su").contains(rope.type());
    boolean isWhole =
        isLong && rope.originalLength() == source.config().size("max_position_embeddings");
    if (isWhole && RopeMagnitude.of(rope) == 1 && rope.theta().orElse(10000) == 10000) {
      rope.note(source.notes());
    } else {
      RopeRule.dropped(source, metadata);
    }
    double multiplier = rope.real("mscale_all_dim", 0);
    if (source.isCorrected() && multiplier != 0 && !rope.type().equals("default")) {
      double factor = RopeMagnitude.yarn(rope.factor(), multiplier);
      double length = PLAIN.plus(ROTATED).of(source.sizes());
      source.noteUnwritten("mscale_all_dim", multiplier, 0);
      source
          .unwritten()
          .putFloat32(source.key("attention.scale"), (float) (factor * factor / Math.sqrt(length)));
    }
  }

  private static void scales(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double hidden = source.sizes().hidden();
    double layers = Math.sqrt(source.sizes().layers());
    keep(source, "embedding_scale", "scale_emb", EMBEDDING_SCALE, EMBEDDING_SCALE, said -> said);
    keep(source, "residual_scale", "scale_depth", DEPTH, layers, said -> said / layers);
    keep(source, "logit_scale", "dim_model_base", BASE_WIDTH, hidden, said -> hidden / said);
  }

  /// Keeps a factor for evaluations.
  ///
  /// @param usual what published models have
  /// @param none what null stands for
  private static void keep(
      MetadataRule.Source source,
      String key,
      String field,
      double usual,
      double none,
      DoubleUnaryOperator factor)
      throws FormatException {
    JsonFields config = source.config().fields();
    double said = config.real(field).orElse(config.mentions(field) ? none : usual);
    if (said <= 0) {
      throw config.problem(field, "is %s, expected more than 0".formatted(said));
    }
    if (said != usual) {
      source.noteUnwritten(field, said, usual);
      source.unwritten().putFloat32(source.key(key), (float) factor.applyAsDouble(said));
    }
  }
}
