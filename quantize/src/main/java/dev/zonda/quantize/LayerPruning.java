package dev.zonda.quantize;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Layers that are left out of a model, and the new numbers of those after them.
final class LayerPruning {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,9})\\.");

  /// An array whose elements do not stand for layers, whatever its size.
  private static final String NOT_PER_LAYER = ".rope.dimension_sections";

  private final Set<Integer> pruned;
  private final NavigableMap<Integer, Integer> newNumbers;
  private final int layers;

  private LayerPruning(Set<Integer> pruned, NavigableMap<Integer, Integer> newNumbers, int layers) {
    this.pruned = pruned;
    this.newNumbers = newNumbers;
    this.layers = layers;
  }

  /// Layers before the first pruned one keep their numbers; the others follow without gaps.
  ///
  /// @param pruned numbers of the layers to leave out; maybe none
  /// @param names of all tensors
  /// @throws IllegalArgumentException if the model has no such layer, or none would remain
  static LayerPruning of(NavigableSet<Integer> pruned, Collection<String> names) {
    NavigableSet<Integer> present = new TreeSet<>();
    for (String name : names) {
      number(name).ifPresent(present::add);
    }
    for (int layer : pruned) {
      if (!present.contains(layer)) {
        throw new IllegalArgumentException(
            "layer %d cannot be pruned: %s"
                .formatted(
                    layer,
                    present.isEmpty()
                        ? "the model has no layers"
                        : "the model has the layers %d to %d"
                            .formatted(present.first(), present.last())));
      }
    }
    if (!pruned.isEmpty() && pruned.size() == present.size()) {
      throw new IllegalArgumentException("all %d layers would be pruned".formatted(pruned.size()));
    }
    NavigableMap<Integer, Integer> newNumbers = new TreeMap<>();
    int next = 0;
    for (int layer : present) {
      if (!pruned.contains(layer)) {
        int number = pruned.isEmpty() || layer < pruned.first() ? layer : next;
        newNumbers.put(layer, number);
        next = number + 1;
      }
    }
    return new LayerPruning(Set.copyOf(pruned), newNumbers, next);
  }

  /// What a tensor is called in the pruned model; empty if it is left out.
  Optional<String> rename(String name) {
    OptionalInt layer = number(name);
    if (pruned.isEmpty() || layer.isEmpty()) {
      return Optional.of(name);
    }
    return Optional.ofNullable(newNumbers.get(layer.getAsInt()))
        .map(number -> LAYER.matcher(name).replaceFirst("blk." + number + "."));
  }

  /// The number of layers moves to the end, as in llama-quantize. Arrays with a value for each
  /// layer lose those of pruned layers: llama-quantize keeps them, and llama.cpp then cannot load
  /// the file.
  Metadata apply(Metadata metadata) {
    if (pruned.isEmpty()) {
      return metadata;
    }
    String architecture = metadata.text("general.architecture").orElse("");
    String countKey = architecture + ".block_count";
    OptionalInt count = metadata.integer(countKey).stream().mapToInt(Math::toIntExact).findFirst();
    Metadata.Builder pruned = metadata.toBuilder();
    metadata
        .entries()
        .forEach((key, value) -> {
          if (value instanceof MetadataValue.Array array
              && key.startsWith(architecture + ".")
              && !key.endsWith(NOT_PER_LAYER)
              && count.isPresent()
              && array.values().size() == count.getAsInt()) {
            pruned.put(key, new MetadataValue.Array(array.elementType(), kept(array.values())));
          }
        });
    return pruned.remove(countKey).putUint32(countKey, layers).build();
  }

  /// Says that a layer is pruned which another key goes on counting, as in llama-quantize.
  Optional<String> miscounted(Metadata metadata, Recipe recipe) {
    String key = metadata.text("general.architecture").orElse("") + ".nextn_predict_layers";
    long counted = metadata.integer(key).orElse(0);
    boolean isSet = recipe.overrides().stream().anyMatch(override -> override.key().equals(key));
    int count = pruned.size() + newNumbers.size();
    List<Integer> predictors =
        pruned.stream().filter(layer -> layer >= count - counted).sorted().toList();
    if (predictors.isEmpty() || isSet) {
      return Optional.empty();
    }
    return Optional.of(
        "layer %d predicts further tokens and is pruned, but %s still counts it: add --override-kv %s=int:%d"
            .formatted(predictors.getFirst(), key, key, counted - predictors.size()));
  }

  private List<MetadataValue> kept(List<MetadataValue> perLayer) {
    return IntStream.range(0, perLayer.size())
        .filter(layer -> !pruned.contains(layer))
        .mapToObj(perLayer::get)
        .toList();
  }

  private static OptionalInt number(String name) {
    Matcher matcher = LAYER.matcher(name);
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }
}
