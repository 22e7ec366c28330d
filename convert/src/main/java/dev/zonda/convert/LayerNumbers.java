package dev.zonda.convert;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Target;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes out the tensors of one number that GGUF keeps as arrays of a number per layer.
///
/// @param targets all others
/// @param arrays in the order in which their last numbers stand in the checkpoint
record LayerNumbers(List<Target> targets, Metadata arrays) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final Pattern IN_LAYER = Pattern.compile("blk\\.([0-9]+)\\.(.+)");

  static LayerNumbers of(Family family, List<Target> found) {
    List<Target> others = new ArrayList<>();
    Map<String, SortedMap<Integer, MetadataValue>> numbers = new LinkedHashMap<>();
    for (Target target : found) {
      Optional<Matcher> name =
          Optional.of(IN_LAYER.matcher(target.name()))
              .filter(Matcher::matches)
              .filter(matcher -> family.layerNumbers().contains(matcher.group(2)));
      if (name.isEmpty()) {
        others.add(target);
        continue;
      }
      String key = name.get().group(2);
      SortedMap<Integer, MetadataValue> ofKey =
          Optional.ofNullable(numbers.remove(key)).orElseGet(TreeMap::new);
      ofKey.put(
          Integer.parseInt(name.get().group(1)),
          new MetadataValue.Float32(number(target.values())));
      numbers.put(key, ofKey);
    }
    Metadata.Builder arrays = Metadata.builder();
    numbers.forEach((key, ofLayers) ->
        arrays.put(
            key, new MetadataValue.Array(MetadataType.FLOAT32, List.copyOf(ofLayers.values()))));
    return new LayerNumbers(List.copyOf(others), arrays.build());
  }

  /// Why llama.cpp would not load a file without some of the arrays; empty if they are all there.
  Optional<String> obstacle(Family family) {
    return family.layerNumbers().stream()
        .filter(key -> arrays.get(key).isEmpty())
        .min(Comparator.naturalOrder())
        .map(key ->
            ("the network has no numbers for the key %s: llama.cpp's %s needs it and would refuse"
                    + " the file; the folder itself can be evaluated, and --as-reference writes the"
                    + " file all the same")
                .formatted(key, family.architecture()));
  }

  private static float number(Expression values) {
    MemorySegment scratch = MemorySegment.ofArray(new byte[Float.BYTES]);
    return values.as(TensorType.F32).rows(0, 1, scratch).get(FLOAT, 0);
  }
}
