package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.PredictorChoice;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// Layers that predict further tokens (multi-token prediction, NextN). In a file they follow the
/// network's own and go on with their numbers. They have the tensors of a layer, and some of their
/// own. No part of a forward pass, they serve to draft texts.
///
/// @param count how many config.json says there are
/// @param naming what their tensors would be called if the checkpoint numbered them like layers
public record Predictors(Count count, Naming naming) {
  /// The key that says how many of a file's layers they are, if there are any.
  public static final MetadataRule KEY = Predictors::write;

  /// The same, also where config.json says that there are none.
  public static final MetadataRule KEY_OR_ZERO = Predictors::writeAlways;

  /// Holds for them only.
  public static final TensorRule.Layers LAYERS = (layer, sizes) -> layer >= sizes.layers();

  /// What only they have, under the names of DeepSeek and GLM.
  public static final List<TensorRule> TENSORS =
      TensorRule.on(
          LAYERS,
          List.of(
              block("eh_proj.weight", "nextn.eh_proj.weight", HIDDEN, HIDDEN.times(2)),
              block("enorm.weight", "nextn.enorm.weight", HIDDEN),
              block("hnorm.weight", "nextn.hnorm.weight", HIDDEN),
              block("embed_tokens.weight", "nextn.embed_tokens.weight", VOCABULARY, HIDDEN)
                  .optional(),
              block("shared_head.head.weight", "nextn.shared_head_head.weight", VOCABULARY, HIDDEN)
                  .optional(),
              block("shared_head.norm.weight", "nextn.shared_head_norm.weight", HIDDEN)
                  .optional()));

  /// The field that counts them, where one does.
  public static final List<String> FIELD = List.of("num_nextn_predict_layers");

  /// Under the names of DeepSeek and GLM, with the numbers of layers, as many as
  /// `num_nextn_predict_layers` says.
  public static final Predictors USUAL =
      new Predictors(config -> (int) config.optionalCount(FIELD).orElse(0), (name, layers) -> name);

  /// What a file with nothing but them has besides.
  private static final Set<String> SHARED =
      Set.of(
          "model.embed_tokens.weight",
          "model.norm.weight",
          "lm_head.weight",
          // Nemotron-H's names.
          "backbone.embeddings.weight",
          "backbone.norm_f.weight");

  /// How many there are.
  @FunctionalInterface
  public interface Count {
    int of(ModelConfig config) throws FormatException;
  }

  /// Names of their tensors.
  @FunctionalInterface
  public interface Naming {
    /// @param name as most checkpoints of the family have it
    /// @param layers of the network itself
    String numbered(String name, int layers);
  }

  /// Those of one checkpoint.
  ///
  /// @param counted how many the file's keys count
  /// @param stored how many have tensors in the file
  public record Found(int counted, int stored, PredictorChoice choice) {
    public static final Found NONE = new Found(0, 0, PredictorChoice.KEEP);

    boolean areAlone() {
      return choice == PredictorChoice.ONLY;
    }
  }

  /// Whether a file with nothing but them has this tensor, too.
  ///
  /// @param name as most checkpoints of the family have it
  public static boolean share(String name) {
    return SHARED.contains(name);
  }

  private static void write(MetadataRule.Source source, Metadata.Builder metadata) {
    int counted = source.sizes().predictors().counted();
    if (counted > 0) {
      metadata.putUint32(source.key("nextn_predict_layers"), counted);
    }
  }

  private static void writeAlways(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Found found = source.sizes().predictors();
    OptionalLong said = source.config().optionalCount(FIELD);
    boolean isKept = found.choice() != PredictorChoice.LEAVE_OUT;
    if (isKept && said.equals(OptionalLong.of(found.counted()))) {
      metadata.putUint32(source.key("nextn_predict_layers"), found.counted());
    }
  }
}
