package dev.zonda.convert.rules;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Which layers see only a window: those that `layer_types` names, or else those that the family's
/// class in transformers chooses.
///
/// @param ofClass what the class chooses
/// @param ofReader what llama.cpp chooses if the file says nothing; empty if it has no windows
///   there
/// @param isSwitched whether windows are off unless `use_sliding_window` is on
/// @param readsTypes whether the class reads `layer_types`
public record WindowRule(
    Layers ofClass, Optional<Layers> ofReader, boolean isSwitched, boolean readsTypes)
    implements MetadataRule {
  private static final String WINDOW = "attention.sliding_window";
  private static final String PATTERN = "attention.sliding_window_pattern";
  private static final String FIELD = "sliding_window";
  private static final String SLIDING = "sliding_attention";

  /// Whether a layer has a window.
  @FunctionalInterface
  public interface Layers {
    Layers EVERY_OTHER = (layer, config) -> layer % 2 == 0;

    boolean include(int layer, ModelConfig config) throws FormatException;
  }

  /// For architectures whose window is a key of their own, and which read a pattern.
  ///
  /// @param all what the class and llama.cpp choose
  public static WindowRule written(Layers all) {
    return written(all, all);
  }

  /// The same where the class may choose differently.
  public static WindowRule written(Layers ofClass, Layers ofReader) {
    return new WindowRule(ofClass, Optional.of(ofReader), false, true);
  }

  /// For architectures without windows, and classes that have them only if they are switched on.
  public static WindowRule unwritten(Layers ofClass) {
    return new WindowRule(ofClass, Optional.empty(), true, true);
  }

  /// For architectures without windows, and classes that have them on the layers that `layer_types`
  /// names, whether they are switched on or not.
  public static WindowRule unwrittenByTypes(Layers ofClass) {
    return new WindowRule(ofClass, Optional.empty(), false, true);
  }

  /// For architectures without windows, and classes that have one on all layers if it has a length.
  public static WindowRule unwrittenIfLong() {
    return new WindowRule(
        (layer, config) -> config.fields().has(FIELD), Optional.empty(), false, false);
  }

  /// The same where all layers are alike.
  public static WindowRule unwrittenOnAll() {
    return new WindowRule(
        (layer, config) -> config.optionalSize(List.of(FIELD)).isPresent(),
        Optional.empty(),
        true,
        false);
  }

  @Override
  public void write(Source source, Metadata.Builder metadata) throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    ModelConfig config = source.config();
    OptionalLong window = config.optionalSize(List.of(FIELD));
    boolean isOff = isSwitched && !config.is("use_sliding_window");
    List<Boolean> isLocal = layers(source);
    boolean hasLocal = isLocal.contains(true);
    if (hasLocal && !isOff && window.isEmpty()) {
      throw config.fields().problem(FIELD, "is missing, but there are layers that need it");
    }
    if (isOff) {
      if (hasLocal && config.fields().has("layer_types")) {
        source
            .notes()
            .add(
                "layer_types names sliding_attention, but use_sliding_window is not true: no layer"
                    + " has a window");
      }
      return;
    }
    if (ofReader.isPresent()) {
      writePattern(source, isLocal, metadata);
    } else if (hasLocal) {
      source.noteUnwritten(
          isSwitched ? "use_sliding_window" : FIELD,
          isSwitched ? "true" : window.getAsLong(),
          "layers that all see the whole text");
      source
          .unwritten()
          .putUint32(source.key(WINDOW), window.getAsLong())
          .put(source.key(PATTERN), MetadataRule.flags(isLocal));
    }
  }

  private void writePattern(Source source, List<Boolean> isLocal, Metadata.Builder metadata)
      throws FormatException {
    List<Boolean> taken = new ArrayList<>();
    for (int layer = 0; layer < isLocal.size(); layer++) {
      taken.add(ofReader.orElseThrow().include(layer, source.config()));
    }
    if (!taken.equals(isLocal)) {
      metadata.put(source.key(PATTERN), MetadataRule.flags(isLocal));
      source.noteDropped("layers with a window", MetadataRule.layersWith(isLocal), PATTERN);
    }
  }

  /// Whether each layer has a window, as `layer_types` or else the class says.
  public List<Boolean> layers(Source source) throws FormatException {
    int layers = source.sizes().layers();
    Optional<List<String>> types =
        readsTypes ? source.config().fields().texts("layer_types") : Optional.empty();
    if (types.isPresent()) {
      return ofTypes(source, types.get(), layers);
    }
    List<Boolean> isLocal = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      isLocal.add(ofClass.include(layer, source.config()));
    }
    return isLocal;
  }

  private static List<Boolean> ofTypes(Source source, List<String> types, int layers)
      throws FormatException {
    if (types.size() != layers) {
      throw source
          .config()
          .fields()
          .problem(
              "layer_types",
              "is for %d layers, but the model has %d".formatted(types.size(), layers));
    }
    List<Boolean> isLocal = new ArrayList<>();
    for (String type : types) {
      isLocal.add(
          switch (type) {
            case SLIDING -> true;
            case "full_attention", "attention" -> false;
            default ->
                throw source
                    .config()
                    .fields()
                    .problem(
                        "layer_types",
                        "holds '%s', expected full_attention or sliding_attention".formatted(type));
          });
    }
    return isLocal;
  }
}
