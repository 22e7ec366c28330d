package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// EXAONE 4 and 4.5: norms behind both parts of a layer and none before them, norms over each head;
/// in the large ones a sliding window on three of four layers, and no positions on the others.
final class Exaone4 {
  private static final String WINDOW = "sliding_window";
  private static final String PATTERN = "sliding_window_pattern";

  /// What the class takes for the pattern if it is missing.
  private static final int USUAL_STEP = 4;

  /// llama.cpp has windows only in models of so many layers, and then always.
  private static final int LAYERS_WITH_WINDOWS = 64;

  private static final List<TensorRule> NORMS =
      List.of(
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN),
          block("post_feedforward_layernorm.weight", "post_ffw_norm.weight", HIDDEN));

  private static final List<TensorRule> TENSORS =
      Stream.of(
              CommonTensors.EMBEDDINGS,
              NORMS,
              CommonTensors.attention(Announcement.NEVER, Announcement.NEVER),
              CommonTensors.HEAD_NORMS,
              CommonTensors.FEED_FORWARD_NETWORK)
          .flatMap(List::stream)
          .toList();

  static final WindowRule WINDOWS = new WindowRule(Exaone4::isLocal, Optional.empty(), false, true);

  /// What transformers' Exaone4Config says.
  static final Defaults DEFAULTS =
      Defaults.of(
          Map.ofEntries(
              Map.entry("vocab_size", 102400),
              Map.entry("hidden_size", 4096),
              Map.entry("intermediate_size", 16384),
              Map.entry("num_hidden_layers", 32),
              Map.entry("num_attention_heads", 32),
              Map.entry("num_key_value_heads", 32),
              Map.entry("max_position_embeddings", 2048),
              Map.entry("rms_norm_eps", 1e-5),
              Map.entry("rope_theta", 10000.0),
              Map.entry(WINDOW, 4096)));

  static final Family FAMILY =
      Family.builder("EXAONE 4", "exaone4")
          .models("EXAONE 4.0 1.2B, 32B")
          .defaults(DEFAULTS, "exaone4")
          .tensors(TENSORS)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              Exaone4::windows,
              Exaone4::noteReader,
              ActivationRule.SILU)
          .generated(Exaone4::factors)
          .build();

  static final Family WITH_IMAGES =
      Family.builder("EXAONE 4.5", "exaone4")
          .like(FAMILY)
          .models("EXAONE 4.5 33B (text part)")
          .defaults(DEFAULTS, "exaone4", "exaone4_5_text", "exaone4_5")
          .tensors(TENSORS, Predictors.TENSORS)
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .predictors(new Predictors(Predictors.USUAL.count(), ExaoneMoe::numbered))
          .moreMetadata(Predictors.KEY)
          .unusedFields("mtp_share_layers", "mtp_loss_coef", "video_token_id")
          .build();

  private Exaone4() {}

  /// The layers of a pattern: a number stands for all but every so many, a text has an L for each.
  static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    JsonFields fields = config.fields();
    Optional<JsonNode> said = fields.get(PATTERN);
    if (said.filter(JsonNode::isString).isPresent()) {
      String letters = said.get().stringValue();
      if (letters.isEmpty()) {
        throw fields.problem(PATTERN, "is empty, expected a number or letters L and G");
      }
      return letters.charAt(layer % letters.length()) == 'L';
    }
    long usual = fields.mentions(PATTERN) ? 0 : USUAL_STEP;
    long step = fields.integer(PATTERN, 0, Integer.MAX_VALUE).orElse(usual);
    boolean hasWindows = config.optionalSize(List.of(WINDOW)).isPresent();
    return hasWindows && step != 0 && (layer + 1) % step != 0;
  }

  /// Factors of the rotation, unless no layer has positions.
  static List<Target> factors(MetadataRule.Source source) throws FormatException {
    boolean hasPositions =
        source.config().optionalSize(List.of(WINDOW)).isEmpty()
            || WINDOWS.layers(source).contains(true);
    return hasPositions || !source.isCorrected() ? RopeFactors.targets(source) : List.of();
  }

  /// Writes both keys.
  static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong window = source.config().optionalSize(List.of(WINDOW));
    List<Boolean> isLocal = WINDOWS.layers(source);
    // Asked for even where layer_types decides, so that the field does not count as unread.
    source.config().fields().get(PATTERN);
    if (window.isPresent()) {
      metadata.putUint32(source.key("attention.sliding_window"), window.getAsLong());
      metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(isLocal));
    } else if (source.isCorrected() && isLocal.contains(true)) {
      throw source
          .config()
          .fields()
          .problem(WINDOW, "is missing, but there are layers that need it");
    }
  }

  /// Says where llama.cpp computes something else than the file's keys say.
  private static void noteReader(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    boolean hasWindows = source.config().optionalSize(List.of(WINDOW)).isPresent();
    boolean isRead = source.sizes().layers() == LAYERS_WITH_WINDOWS;
    if (hasWindows && !isRead) {
      source
          .notes()
          .add(
              "sliding_window is written, but llama.cpp reads it in models of %d layers only: in this"
                      .formatted(LAYERS_WITH_WINDOWS)
                  + " one all layers see the whole text and have positions there");
    } else if (isRead && !hasWindows) {
      source
          .notes()
          .add(
              "sliding_window is null, but llama.cpp has windows in all models of %d layers"
                  .formatted(LAYERS_WITH_WINDOWS));
    }
    long heads = (long) source.sizes().heads() * source.sizes().headLength();
    if (heads != source.sizes().hidden()) {
      source
          .notes()
          .add(
              ("heads have %d values together, and hidden_size is %d: llama.cpp loads the file only"
                      + " where they are equal")
                  .formatted(heads, source.sizes().hidden()));
    }
  }
}
