package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// MiniCPM 1, 2 and 4: Llama's network, with factors of the embedding, of what each part of a layer
/// adds, and of the logits.
final class MiniCpm {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          BIASES,
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN)
              .with(weights(Transform.PERMUTE_QUERIES)),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN)
              .with(weights(Transform.PERMUTE_KEYS)),
          block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES));

  /// What the MiniCPMConfig that is published with the models says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 4096,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "tie_word_embeddings", true))
          .with(Map.of("scale_emb", 1, "dim_model_base", 1, "scale_depth", 1))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("MiniCPM", "minicpm")
          .models("MiniCPM 1B and 2B", "MiniCPM 4 0.5B and 8B")
          .publishedDefaults(DEFAULTS, "minicpm")
          .tensors(CommonTensors.FRAME, ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              (source, metadata) ->
                  put(source, metadata, "embedding_scale", real(source, "scale_emb")),
              (source, metadata) ->
                  put(
                      source,
                      metadata,
                      "residual_scale",
                      real(source, "scale_depth") / Math.sqrt(source.sizes().layers())),
              (source, metadata) ->
                  put(
                      source,
                      metadata,
                      "logit_scale",
                      source.sizes().hidden() / real(source, "dim_model_base")),
              ActivationRule.SILU)
          .generated(MiniCpm::factors)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private MiniCpm() {}

  /// The reference leaves biases in Hugging Face's order.
  private static Transform weights(Transform order) {
    return (source, sizes) ->
        source.shape().rank() == 1 && sizes.fidelity() == Fidelity.AS_REFERENCE
            ? source
            : order.apply(source, sizes);
  }

  private static double real(MetadataRule.Source source, String field) throws FormatException {
    ModelConfig config = source.config();
    double value = config.optionalReal(List.of(field)).orElse(0);
    if (value <= 0) {
      throw config.fields().problem(field, "is not there or not more than 0");
    }
    return value;
  }

  private static void put(
      MetadataRule.Source source, Metadata.Builder metadata, String key, double value) {
    metadata.putFloat32(source.key(key), (float) value);
  }

  /// The reference writes them whatever the type is called, and none of Llama 3's.
  static List<Target> factors(MetadataRule.Source source) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    boolean isLong = rope.fields().isPresent() && rope.fields().get().has("long_factor");
    if (source.isCorrected()) {
      return RopeFactors.targets(source);
    }
    return isLong ? RopeFactors.longRope(source, rope) : List.of();
  }
}
