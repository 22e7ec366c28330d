package dev.zonda.convert.rules;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How well the tensors of a checkpoint fit a family that they do not belong to: names are compared
/// without what stands before the layers, which differs between families of one kind.
///
/// @param family with whose rules they are compared
/// @param fitting tensors that have the name and the shape of a rule
/// @param strange names that no rule has, with `{layer}` for the numbers of layers, and how many
///   tensors have them
/// @param misfit names of tensors whose shape is not that of their rule, likewise
/// @param missing rules whose tensors the checkpoint lacks, though the family needs them in a
///   network such as config.json describes
/// @param maybe the same with rules of tensors that only some layers have, and maybe none; those
///   that the same layers have count as one
public record FamilyFit(
    Family family,
    int fitting,
    Map<String, Integer> strange,
    Map<String, Integer> misfit,
    int missing,
    int maybe) {
  /// Tensors that were compared: those that the family does not leave out.
  public int compared() {
    int others = 0;
    for (Map<String, Integer> counts : List.of(strange, misfit)) {
      others += counts.values().stream().mapToInt(Integer::intValue).sum();
    }
    return fitting + others;
  }

  /// @param sizes of the model as the family reads config.json, without which no shape fits
  /// @param tensors of the checkpoint
  public static FamilyFit of(
      Family family, Optional<ModelSizes> sizes, List<? extends TensorInfo> tensors) {
    Map<String, List<TensorRule.Part>> parts = new HashMap<>();
    for (TensorRule rule : family.tensors()) {
      for (TensorRule.Part part : rule.parts()) {
        parts.computeIfAbsent(end(part.source()), name -> new ArrayList<>()).add(part);
      }
    }
    int fitting = 0;
    Map<String, Integer> strange = new LinkedHashMap<>();
    Map<String, Integer> misfit = new LinkedHashMap<>();
    Map<String, Boolean> seen = new HashMap<>();
    for (TensorInfo tensor : tensors) {
      if (family.leftovers().stream().anyMatch(leftover -> leftover.covers(tensor.name()))) {
        continue;
      }
      int layers = sizes.map(ModelSizes::layers).orElse(0);
      TensorName parsed = TensorName.of(family.numberedName(tensor.name(), layers));
      String name = parsed.pattern();
      List<TensorRule.Part> named = parts.getOrDefault(end(name), List.of());
      seen.put(end(name), true);
      if (named.isEmpty()) {
        strange.merge(name, 1, Integer::sum);
      } else if (sizes.isPresent()
          && named.stream()
              .anyMatch(part ->
                  fits(tensor.shape(), part, family, sizes.get(), Math.max(0, parsed.layer())))) {
        fitting++;
      } else {
        misfit.merge(name, 1, Integer::sum);
      }
    }
    List<TensorRule> lacking =
        family.tensors().stream()
            .filter(rule -> rule.presence() == TensorRule.Presence.REQUIRED)
            .filter(rule -> isAnnounced(rule, sizes))
            .filter(rule ->
                rule.parts().stream().noneMatch(part -> seen.containsKey(end(part.source()))))
            .toList();
    long missing =
        lacking.stream().filter(rule -> rule.layers().equals(TensorRule.Layers.ALL)).count();
    long maybe =
        lacking.stream()
            .map(TensorRule::layers)
            .filter(layers -> !layers.equals(TensorRule.Layers.ALL))
            .distinct()
            .count();
    return new FamilyFit(family, fitting, strange, misfit, (int) missing, (int) maybe);
  }

  private static boolean isAnnounced(TensorRule rule, Optional<ModelSizes> sizes) {
    try {
      return sizes.isEmpty() || rule.announcement().isMade(sizes.get().config());
    } catch (FormatException e) {
      // config.json says something else of the field.
      return true;
    }
  }

  /// More is nearer. Names count by themselves, in however many layers they are: a tensor of
  /// another shape is nearer than one of another name, and so is one that maybe no layer has.
  public int nearness() {
    return -2 * (strange.size() + missing) - maybe - misfit.size();
  }

  /// What a name ends with after the number of its layer, or else after its module.
  private static String end(String pattern) {
    int layer = pattern.indexOf(TensorRule.LAYER);
    if (layer >= 0) {
      return pattern.substring(layer + TensorRule.LAYER.length());
    }
    int last = pattern.lastIndexOf('.');
    return pattern.substring(pattern.lastIndexOf('.', last - 1) + 1);
  }

  private static boolean fits(
      Shape shape, TensorRule.Part part, Family family, ModelSizes sizes, int layer) {
    List<Dimension> expected =
        part.shape().subList(part.isPerExpert() ? 1 : 0, part.shape().size());
    if (shape.rank() != expected.size()) {
      return false;
    }
    try {
      ModelSizes here = family.layerSizes().of(sizes, Math.min(layer, sizes.layers() - 1));
      for (int i = 0; i < expected.size(); i++) {
        if (shape.dimension(i) != expected.get(i).of(here)) {
          return false;
        }
      }
      return true;
    } catch (FormatException | ArithmeticException e) {
      // config.json lacks a size that the family needs.
      return false;
    }
  }
}
