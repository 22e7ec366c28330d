package dev.zonda.convert.rules;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Which layers have rotary positions, in families where some have none: those that
/// `no_rope_layers` names, or all but every n-th. GGUF has no key for it: llama.cpp has what
/// published models have.
public final class RotatedLayers {
  /// In published models every fourth layer has none.
  public static final int USUAL_STEP = 4;

  private static final String FIELD = "no_rope_layers";
  private static final String STEP = "no_rope_layer_interval";

  private RotatedLayers() {}

  /// All layers but every n-th.
  public static List<Boolean> allButEvery(int step, int layers) {
    return IntStream.range(0, layers).mapToObj(layer -> (layer + 1) % step != 0).toList();
  }

  /// What config.json says. Despite the field's name, 1 stands for layers with rotary positions.
  public static List<Boolean> of(ModelConfig config, int layers) throws FormatException {
    int step = (int) config.optionalSize(List.of(STEP)).orElse(USUAL_STEP);
    Optional<List<Long>> said = config.fields().integers(FIELD).filter(list -> !list.isEmpty());
    if (said.isEmpty()) {
      return allButEvery(step, layers);
    }
    if (said.get().size() < layers) {
      throw config
          .fields()
          .problem(
              FIELD, "is for %d layers, but the model has %d".formatted(said.get().size(), layers));
    }
    return said.get().stream().limit(layers).map(flag -> flag != 0).toList();
  }

  /// Keeps them for evaluations, where a reader of the file takes others.
  public static void keep(MetadataRule.Source source, List<Boolean> taken) throws FormatException {
    int layers = source.sizes().layers();
    int said = source.config().fields().integers(FIELD).map(List::size).orElse(0);
    if (said > layers) {
      source
          .notes()
          .add(
              "%s is for %d layers, of which only the first %d count"
                  .formatted(FIELD, said, layers));
    }
    List<Boolean> isRotated = of(source.config(), layers);
    if (!isRotated.equals(taken)) {
      source.noteUnwritten(FIELD, MetadataRule.layersWith(isRotated), "what published models have");
      source.unwritten().put(source.key("rope.layers"), MetadataRule.flags(isRotated));
    }
  }

  /// The same where a reader takes what published models have.
  public static MetadataRule kept() {
    return (source, metadata) -> {
      if (source.isCorrected()) {
        keep(source, allButEvery(USUAL_STEP, source.sizes().layers()));
      }
    };
  }
}
