package dev.zonda.convert.rules;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.sources.SourceTensor;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Applies a family's [TensorRule]s to the tensors of a checkpoint. Every tensor must have a rule,
/// and every rule its tensors.
public final class TensorMap {
  private final Path file;
  private final Family family;
  private final ModelSizes sizes;
  private final UnaryOperator<String> names;
  private final Fidelity fidelity;
  private final Map<String, TensorRule> rules = new HashMap<>();
  private final Map<RuleAt, TensorGroup> groups = new LinkedHashMap<>();
  private final Set<String> seen = new HashSet<>();
  private final List<Target> targets = new ArrayList<>();
  private final List<SourceTensor> unannounced = new ArrayList<>();
  private long beyondLastLayer;

  private record RuleAt(TensorRule rule, int layer) {}

  /// @param file to be named in messages
  /// @param names Hugging Face's name of a tensor by the checkpoint's
  /// @param fidelity llama.cpp's converter does not ask what config.json announces
  public TensorMap(
      Path file, Family family, ModelSizes sizes, UnaryOperator<String> names, Fidelity fidelity) {
    this.file = file;
    this.family = family;
    this.sizes = sizes;
    this.names = names;
    this.fidelity = fidelity;
    for (TensorRule rule : family.tensors()) {
      rule.parts().forEach(part -> rules.put(part.source(), rule));
    }
  }

  /// The tensors of the output, in order.
  ///
  /// @param sources without those that the family leaves out
  /// @throws FormatException if no rule names one of them, if one is missing or appears twice, or
  ///   if its shape is not what config.json says
  public List<Target> apply(List<SourceTensor> sources, Notes notes) throws FormatException {
    for (SourceTensor source : sources) {
      add(source);
    }
    requireAll();
    if (beyondLastLayer > 0) {
      notes.add(
          "%d tensors of layers beyond num_hidden_layers are left out: %s"
              .formatted(beyondLastLayer, family.beyondLayers().orElseThrow()));
    }
    return List.copyOf(targets);
  }

  /// Tensors that have a rule and no target, because config.json says that the network has none.
  public List<SourceTensor> unannounced() {
    return List.copyOf(unannounced);
  }

  private String predictorsHint() {
    return family.predictors().isEmpty()
        ? ""
        : " and %d more that predict further tokens; --no-mtp leaves out all behind the first %d"
            .formatted(sizes.predictors().stored(), sizes.layers());
  }

  private boolean isAnnounced(TensorRule rule) throws FormatException {
    return fidelity == Fidelity.AS_REFERENCE || rule.announcement().isMade(sizes.config());
  }

  private void add(SourceTensor source) throws FormatException {
    TensorName name =
        TensorName.of(family.numberedName(names.apply(source.name()), sizes.layers()));
    if (!seen.add(name.pattern() + " " + name.layer() + " " + name.expert())) {
      throw problem("tensor '%s' appears twice, under two names".formatted(source.name()));
    }
    if (name.layer() >= sizes.layers() && family.beyondLayers().isPresent()) {
      beyondLastLayer++;
      return;
    }
    TensorRule rule = rules.get(name.pattern());
    if (rule == null) {
      throw problem(
          "tensor '%s' is unknown in the %s family, and no tensor is left out silently"
              .formatted(source.name(), family.name()));
    }
    if (name.layer() >= sizes.layers() + sizes.predictors().stored()) {
      throw problem(
          "tensor '%s' belongs to layer %d, but %s has num_hidden_layers %d%s"
              .formatted(
                  source.name(), name.layer(), configFile(), sizes.layers(), predictorsHint()));
    }
    int layer = Math.max(0, name.layer());
    if (!rule.layers().include(layer, sizes)) {
      throw problem(
          "tensor '%s' is not one of those that layer %d has according to %s"
              .formatted(source.name(), layer, configFile()));
    }
    TensorRule.Part part = part(rule, layer, name.pattern(), source);
    if (name.expert() >= 0 && name.expert() >= expertCount(part)) {
      throw problem(
          "tensor '%s' belongs to expert %d, but %s says %s = %d"
              .formatted(
                  source.name(),
                  name.expert(),
                  configFile(),
                  part.shape().getFirst().meaning(),
                  expertCount(part)));
    }
    ModelSizes here = family.layerSizes().of(sizes, layer);
    requireShape(part, source, here);
    if (!isAnnounced(rule)) {
      unannounced.add(source);
      return;
    }
    TensorGroup group = group(rule, layer);
    Optional<SourceTensor> other = group.add(part, Math.max(0, name.expert()), source);
    if (other.isPresent()) {
      throw problem(
          "tensors '%s' and '%s' stand for the same weights in two spellings: remove one"
              .formatted(other.get().name(), source.name()));
    }
    if (fidelity == Fidelity.AS_REFERENCE && !part.isPerExpert()) {
      // Experts that are one tensor already stay where they are.
      targets.addAll(group.targets(part, here));
    } else if (group.isComplete()) {
      targets.addAll(group.targets(here));
    }
  }

  /// Where several spellings have a tensor's name, its shape decides, and if it fits to several,
  /// what the layer has in the others.
  private TensorRule.Part part(TensorRule rule, int layer, String pattern, SourceTensor source)
      throws FormatException {
    List<TensorRule.Part> named =
        rule.parts().stream().filter(part -> part.source().equals(pattern)).toList();
    if (named.size() == 1) {
      return named.getFirst();
    }
    ModelSizes here = family.layerSizes().of(sizes, layer);
    List<TensorRule.Part> fitting = new ArrayList<>();
    for (TensorRule.Part part : named) {
      if (fits(source.values().shape(), expected(part, here))) {
        fitting.add(part);
      }
    }
    Optional<TensorGroup> begun = Optional.ofNullable(groups.get(new RuleAt(rule, layer)));
    return fitting.stream()
        .filter(part -> begun.isPresent() && begun.get().continuesWith(part))
        .findFirst()
        .orElse(fitting.isEmpty() ? named.getFirst() : fitting.getFirst());
  }

  private TensorGroup group(TensorRule rule, int layer) throws FormatException {
    RuleAt key = new RuleAt(rule, layer);
    TensorGroup group = groups.get(key);
    if (group == null) {
      Map<TensorRule.Part, Integer> counts = new HashMap<>();
      for (TensorRule.Part part : rule.parts()) {
        counts.put(part, part.isPerExpert() ? expertCount(part) : 1);
      }
      group = new TensorGroup(rule, layer, counts);
      groups.put(key, group);
    }
    return group;
  }

  private int expertCount(TensorRule.Part part) throws FormatException {
    return Math.toIntExact(part.shape().getFirst().of(sizes));
  }

  /// Checks that no tensor is missing.
  private void requireAll() throws FormatException {
    for (TensorRule rule : family.tensors()) {
      // Asked for even where it decides on nothing, so that the field does not count as unread.
      boolean isAnnounced = rule.announcement().isMade(sizes.config());
      if (isAnnounced && rule.presence() == TensorRule.Presence.REQUIRED) {
        boolean isAlone = sizes.predictors().areAlone();
        int first = isAlone && !isShared(rule) ? sizes.layers() : 0;
        int end = rule.isPerLayer() ? sizes.layers() + sizes.predictors().stored() : 1;
        for (int layer = first; layer < end; layer++) {
          if (rule.layers().include(layer, sizes) && rule.needed().include(layer, sizes)) {
            requireComplete(rule, group(rule, layer));
          }
        }
      }
    }
    for (Map.Entry<RuleAt, TensorGroup> group : groups.entrySet()) {
      requireComplete(group.getKey().rule(), group.getValue());
    }
  }

  private static boolean isShared(TensorRule rule) {
    return rule.parts().stream().anyMatch(part -> Predictors.share(part.source()));
  }

  private void requireComplete(TensorRule rule, TensorGroup group) throws FormatException {
    if (!group.isComplete()) {
      throw problem(
          "tensor '%s' is missing; the %s family needs it%s"
              .formatted(
                  group.firstMissing(),
                  family.name(),
                  rule.isPerLayer()
                      ? " (%s has %d layers)".formatted(configFile(), sizes.layers())
                      : ""));
    }
  }

  private void requireShape(TensorRule.Part part, SourceTensor tensor, ModelSizes here)
      throws FormatException {
    Shape shape = tensor.values().shape();
    List<Long> expected = expected(part, here);
    if (!fits(shape, expected)) {
      throw problem(
          "tensor '%s' has shape %s, but %s says %s = %s"
              .formatted(tensor.name(), shape, configFile(), part.shapeMeaning(), expected));
    }
  }

  private static List<Long> expected(TensorRule.Part part, ModelSizes here) throws FormatException {
    List<Long> expected = new ArrayList<>();
    for (Dimension dimension :
        part.shape().subList(part.isPerExpert() ? 1 : 0, part.shape().size())) {
      expected.add(dimension.of(here));
    }
    return expected;
  }

  private static boolean fits(Shape shape, List<Long> expected) {
    boolean fits = shape.rank() == expected.size();
    for (int i = 0; fits && i < expected.size(); i++) {
      fits = shape.dimension(i) == expected.get(i);
    }
    return fits;
  }

  private Path configFile() {
    return sizes.config().fields().file().getFileName();
  }

  private FormatException problem(String text) {
    return FormatException.in(file, text);
  }
}
