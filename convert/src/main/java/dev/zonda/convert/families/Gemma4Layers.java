package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// How the layers of Gemma 4 and 3n differ: some see a window; the last ones use keys and values of
/// others; those that see the whole text have heads of their own.
final class Gemma4Layers {
  private static final String TYPES = "layer_types";
  private static final String SLIDING = "sliding_attention";
  private static final String FULL = "full_attention";
  static final String SHARED = "num_kv_shared_layers";
  private static final String OF_LAYERS = "per_layer_config";

  /// Fields that a layer may have of its own.
  private static final String HEAD = "head_dim";

  private static final String KEY_HEADS = "num_key_value_heads";

  private Gemma4Layers() {}

  /// Which layers see only a window. The last one sees all, whatever the file says.
  static List<Boolean> windows(ModelConfig config, int layers, int usualStep)
      throws FormatException {
    List<Boolean> isLocal = new ArrayList<>();
    Optional<List<String>> types = config.fields().texts(TYPES);
    if (types.isPresent() && types.get().size() != layers) {
      throw config
          .fields()
          .problem(
              TYPES,
              "is for %d layers, but the model has %d".formatted(types.get().size(), layers));
    }
    for (int layer = 0; layer < layers; layer++) {
      String usual = (layer + 1) % usualStep == 0 ? FULL : SLIDING;
      String type = types.isPresent() ? types.get().get(layer) : usual;
      if (!type.equals(SLIDING) && !type.equals(FULL)) {
        throw config
            .fields()
            .problem(TYPES, "holds '%s', expected %s or %s".formatted(type, FULL, SLIDING));
      }
      isLocal.add(type.equals(SLIDING));
    }
    return isLocal;
  }

  static boolean isLocal(ModelSizes sizes, int layer) throws FormatException {
    boolean isLast = layer == sizes.layers() - 1;
    return !isLast && windows(sizes.config(), sizes.layers(), Gemma4.USUAL_STEP).get(layer);
  }

  /// The first of the layers that have no keys and values of their own.
  static int firstShared(ModelSizes sizes) throws FormatException {
    long shared = sizes.config().optionalCount(List.of(SHARED)).orElse(0);
    if (shared >= sizes.layers()) {
      throw sizes
          .config()
          .fields()
          .problem(SHARED, "is %d, but there are %d layers".formatted(shared, sizes.layers()));
    }
    return sizes.layers() - (int) shared;
  }

  static boolean hasKeys(int layer, ModelSizes sizes) throws FormatException {
    return layer < firstShared(sizes);
  }

  /// The sizes of a layer.
  static ModelSizes sizes(ModelSizes sizes, int layer) throws FormatException {
    ModelSizes here = sizes.at(layer);
    return isLocal(sizes, layer)
        ? here
        : here.withHeads(sizes.heads(), keyHeads(sizes), headLength(sizes));
  }

  /// The length of heads that see the whole text.
  static int headLength(ModelSizes sizes) throws FormatException {
    OptionalLong own = ofLayers(sizes, HEAD);
    return (int)
        (own.isPresent() ? own : sizes.config().optionalSize(List.of("global_head_dim")))
            .orElse(sizes.headLength());
  }

  /// Heads of keys and values that see the whole text.
  static int keyHeads(ModelSizes sizes) throws FormatException {
    OptionalLong other = OptionalLong.empty();
    if (hasOwn(sizes)) {
      other = ofLayers(sizes, KEY_HEADS);
    } else if (sizes.config().is("attention_k_eq_v")) {
      other = sizes.config().optionalSize(List.of("num_global_key_value_heads"));
    } else {
      sizes.config().fields().skip("num_global_key_value_heads");
    }
    return (int) other.orElse(sizes.keyValueHeads());
  }

  private static boolean hasOwn(ModelSizes sizes) throws FormatException {
    return sizes.config().fields().object(OF_LAYERS).isPresent();
  }

  /// What the layers that see the whole text have of their own. A file can say it for all of them
  /// alike.
  private static OptionalLong ofLayers(ModelSizes sizes, String field) throws FormatException {
    Optional<JsonFields> all = sizes.config().fields().object(OF_LAYERS);
    if (all.isEmpty()) {
      return OptionalLong.empty();
    }
    List<OptionalLong> found = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      Optional<JsonFields> one = all.get().object(Integer.toString(layer));
      OptionalLong value =
          one.isPresent() ? one.get().integer(field, 1, Integer.MAX_VALUE) : OptionalLong.empty();
      if (!isLocal(sizes, layer)) {
        found.add(value);
      } else if (value.isPresent()) {
        throw all.get()
            .problem(
                Integer.toString(layer),
                "has a %s of its own, which GGUF has no key for in a layer with a window"
                    .formatted(field));
      }
    }
    if (found.stream().distinct().count() > 1) {
      throw all.get()
          .problem(
              field, "differs between layers that see the whole text, which GGUF has no key for");
    }
    return found.isEmpty() ? OptionalLong.empty() : found.getFirst();
  }
}
