package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.sources.SourceTensor;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The tensors of one rule and layer, while they are found.
final class TensorGroup {
  private final TensorRule rule;
  private final int layer;
  private final Map<TensorRule.Part, SourceTensor[]> found = new HashMap<>();
  private List<TensorRule.Part> spelling;
  private int missing;
  private int lastFile;

  /// @param counts of tensors that each part consists of
  TensorGroup(TensorRule rule, int layer, Map<TensorRule.Part, Integer> counts) {
    this.rule = rule;
    this.layer = layer;
    counts.forEach((part, count) -> found.put(part, new SourceTensor[count]));
    choose(rule.spellings().getFirst());
  }

  /// @param index of the expert
  /// @return a tensor that was there before under another spelling; this one is not added then
  public Optional<SourceTensor> add(TensorRule.Part part, int index, SourceTensor tensor) {
    if (!spelling.contains(part)) {
      Optional<SourceTensor> other = first();
      if (other.isPresent()) {
        return other;
      }
      choose(
          rule.spellings().stream()
              .filter(parts -> parts.contains(part))
              .findFirst()
              .orElseThrow());
    }
    found.get(part)[index] = tensor;
    missing--;
    lastFile = tensor.file();
    return Optional.empty();
  }

  /// Whether tensors of the same spelling are here already.
  boolean continuesWith(TensorRule.Part part) {
    return spelling.contains(part) && first().isPresent();
  }

  private void choose(List<TensorRule.Part> parts) {
    spelling = parts;
    missing = parts.stream().mapToInt(part -> found.get(part).length).sum();
  }

  private Optional<SourceTensor> first() {
    return spelling.stream()
        .flatMap(part -> Arrays.stream(found.get(part)))
        .filter(tensor -> tensor != null)
        .findFirst();
  }

  boolean isComplete() {
    return missing == 0;
  }

  /// The name of a tensor that is not there.
  String firstMissing() {
    for (TensorRule.Part part : spelling) {
      int index = Arrays.asList(found.get(part)).indexOf(null);
      if (index >= 0) {
        return part.source()
            .replace(TensorRule.LAYER, Integer.toString(layer))
            .replace(TensorRule.EXPERT, Integer.toString(index));
      }
    }
    throw new IllegalStateException("nothing is missing");
  }

  /// What the tensors of one part become, once they are all there.
  public List<Target> targets(TensorRule.Part part, ModelSizes sizes) throws FormatException {
    List<Target> targets = new ArrayList<>();
    List<SourceTensor> tensors = List.of(found.get(part));
    Expression values =
        part.isPerExpert()
            ? JoinRows.stack(tensors.stream().map(SourceTensor::values).toList())
            : tensors.getFirst().values();
    for (TensorRule.Output output : part.outputs()) {
      targets.add(
          new Target(
              output.name(layer),
              output.transform().apply(values, sizes),
              tensors.getFirst().name(),
              lastFile));
    }
    return targets;
  }

  /// What the tensors become.
  public List<Target> targets(ModelSizes sizes) throws FormatException {
    List<Target> targets = new ArrayList<>();
    for (TensorRule.Part part : spelling) {
      targets.addAll(targets(part, sizes));
    }
    List<String> usual =
        rule.spellings().getFirst().stream()
            .flatMap(part -> part.outputs().stream())
            .map(output -> output.name(layer))
            .toList();
    targets.sort(Comparator.comparingInt(target -> usual.indexOf(target.name())));
    return targets;
  }
}
