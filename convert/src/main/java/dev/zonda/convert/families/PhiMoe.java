package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Phi 3.5 MoE: norms with biases, two experts for each token, whose weights come from those scores
/// that are close to the best (SparseMixer).
final class PhiMoe {
  /// What published models have.
  private static final double USUAL_JITTER = 0.01;

  /// Experts that a token goes through, whatever config.json says.
  private static final int USED = 2;

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          TensorRule.of("lm_head.bias", "output.bias", VOCABULARY)
              .optional()
              .announced(Announcement.by("lm_head_bias", false)));

  private static final List<TensorRule> NORMS =
      TensorRule.biased(
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN));

  /// What transformers' PhimoeConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.ofEntries(
                  Map.entry("vocab_size", 32064),
                  Map.entry("hidden_size", 4096),
                  Map.entry("intermediate_size", 6400),
                  Map.entry("num_hidden_layers", 32),
                  Map.entry("num_attention_heads", 32),
                  Map.entry("max_position_embeddings", 131072),
                  Map.entry("rms_norm_eps", 1e-5),
                  Map.entry("rope_theta", 1e6),
                  Map.entry("num_experts_per_tok", 2),
                  Map.entry("num_local_experts", 16),
                  Map.entry("router_jitter_noise", USUAL_JITTER)))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("Phi 3.5 MoE", "phimoe")
          .like(Phi3.FAMILY)
          .models("Phi 3.5 MoE", "Phi mini MoE", "Phi tiny MoE")
          .defaults(DEFAULTS, "phimoe")
          .tensors(
              EMBEDDINGS, NORMS, CommonTensors.attention(BIASES, BIASES), Mixtral.EXPERT_NETWORK)
          .rename(".mlp.", ".block_sparse_moe.")
          .rename(".block_sparse_moe.router.", ".block_sparse_moe.gate.")
          .preamble(PhiMoe::attentionFactor)
          .metadata(
              Phi3.sizes(PhiMoe::rotated),
              PhiMoe::usedExperts,
              MetadataRule.size("expert_count", "num_local_experts", "num_experts"),
              NetworkKeys.HEAD_LENGTHS,
              PhiMoe::jitter,
              PhiMoe::noteNorms,
              MetadataRule.implied("partial_rotary_factor", 1),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.PHI)
          .unusedFields("input_jitter_noise")
          .build();

  private PhiMoe() {}

  /// All of a head, but llama.cpp's converter reads a field that the class does not.
  private static long rotated(MetadataRule.Source source) throws FormatException {
    return source.isCorrected() ? source.sizes().headLength() : Phi3.rotated(source);
  }

  /// The class has a field for the magnitude in short texts and one for that in long ones.
  private static void attentionFactor(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    rope.note(source.notes());
    if (rope.type().equals("default")) {
      return;
    }
    String name = "rope.scaling.attn_factor";
    Phi3.requireLong(rope, source.isCorrected() ? List.of("longrope", "su") : Phi3.LONG_TYPES);
    double ofReference = Phi3.referenceFactor(source, rope);
    if (!source.isCorrected()) {
      metadata.putFloat32(source.key(name), (float) ofReference);
      return;
    }
    double near = magnitude(rope, "short_mscale");
    double far = magnitude(rope, "long_mscale");
    metadata.putFloat32(source.key(name), (float) near);
    if (Math.abs(near / ofReference - 1) > 1e-6) {
      source.noteDropped("short_mscale", near, name);
    }
    if (near != far) {
      source.noteUnwritten("long_mscale", far, near);
      source.unwritten().putFloat32(source.key("rope.scaling.long_attn_factor"), (float) far);
    }
  }

  /// Says that llama.cpp's graph is not that of the family's class.
  static void noteNorms(MetadataRule.Source source, Metadata.Builder metadata) {
    if (source.isCorrected()) {
      source
          .notes()
          .add(
              "norms subtract the mean, but llama.cpp has RMS norms in %s: it will compute others"
                  .formatted(source.family().architecture()));
    }
  }

  private static double magnitude(RopeParameters rope, String field) throws FormatException {
    OptionalDouble said = rope.real(field);
    if (said.isEmpty() || said.getAsDouble() <= 0) {
      throw rope.problem(
          field,
          said.isEmpty()
              ? "is missing, but the rope_type needs it"
              : "is %s, expected more than 0".formatted(said.getAsDouble()));
    }
    return said.getAsDouble();
  }

  private static void usedExperts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long said =
        source
            .config()
            .optionalSize(List.of("num_experts_per_tok", "num_experts_per_token"))
            .orElse(USED);
    if (source.isCorrected() && said != USED) {
      source
          .notes()
          .add(
              "num_experts_per_tok is %d, which this family's network does not read: it has %d"
                  .formatted(said, USED));
    }
    metadata.putUint32(source.key("expert_used_count"), source.isCorrected() ? USED : said);
  }

  /// How far below the best score another one may be and still count.
  private static void jitter(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double said = source.config().optionalReal(List.of("router_jitter_noise")).orElse(USUAL_JITTER);
    if (said != USUAL_JITTER) {
      source.noteUnwritten("router_jitter_noise", said, USUAL_JITTER);
      source.unwritten().putFloat32(source.key("router_jitter"), (float) said);
    }
  }
}
