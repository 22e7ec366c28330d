package dev.zonda.convert.families;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.Load;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Applies a family's [TensorRule]s to the tensors of a checkpoint. Every tensor must have a rule,
/// and every rule its tensors.
public final class TensorMap {
  /// The first number between dots is the layer.
  private static final Pattern LAYER = Pattern.compile("(?<=\\.)(0|[1-9][0-9]{0,8})(?=\\.)");

  private final Path file;
  private final Family family;
  private final ModelSizes sizes;
  private final Map<String, TensorRule> rules = new HashMap<>();

  /// @param file to be named in messages
  public TensorMap(Path file, Family family, ModelSizes sizes) {
    this.file = file;
    this.family = family;
    this.sizes = sizes;
    for (TensorRule rule : family.tensors()) {
      rules.put(rule.source(), rule);
    }
  }

  /// A tensor of the output: its GGUF name and where its values come from, in the source's type.
  public record Target(String name, Expression values) {}

  /// What becomes of a tensor; nothing, if it is one of those that the family ignores.
  ///
  /// @throws FormatException if no rule names it, or its shape is not what config.json says
  public Optional<Target> target(Checkpoint checkpoint, TensorInfo tensor) throws FormatException {
    String name = tensor.name();
    if (family.ignored().stream().anyMatch(name::endsWith)) {
      return Optional.empty();
    }
    Matcher number = LAYER.matcher(name);
    boolean numbered = number.find();
    TensorRule rule = rules.get(numbered ? withoutLayer(name, number) : name);
    if (rule == null || rule.isPerLayer() != numbered) {
      throw problem(
          "tensor '%s' is none of the %s family's; nothing is left out silently"
              .formatted(name, family.name()));
    }
    int layer = numbered ? Integer.parseInt(number.group()) : 0;
    if (numbered && layer >= sizes.layers()) {
      throw problem(
          "tensor '%s' is of layer %d, but config.json has num_hidden_layers %d"
              .formatted(name, layer, sizes.layers()));
    }
    requireShape(rule, tensor);
    Expression values = rule.transform().apply(new Load(checkpoint, tensor), sizes);
    return Optional.of(new Target(rule.target(layer), values));
  }

  /// Checks that no tensor is missing.
  public void requireAll(Checkpoint checkpoint) throws FormatException {
    for (TensorRule rule : family.tensors()) {
      int count = rule.isPerLayer() ? sizes.layers() : 1;
      for (int layer = 0; layer < count && isRequired(rule); layer++) {
        String name = rule.source(layer);
        if (checkpoint.find(name).isEmpty()) {
          throw problem(
              "tensor '%s' is missing; the %s family needs it%s"
                  .formatted(
                      name,
                      family.name(),
                      rule.isPerLayer()
                          ? " (config.json has num_hidden_layers " + sizes.layers() + ")"
                          : ""));
        }
      }
    }
  }

  private static boolean isRequired(TensorRule rule) {
    return rule.presence() == TensorRule.Presence.REQUIRED;
  }

  private static String withoutLayer(String name, Matcher number) {
    return name.substring(0, number.start()) + TensorRule.LAYER + name.substring(number.end());
  }

  private void requireShape(TensorRule rule, TensorInfo tensor) throws FormatException {
    List<Long> expected = rule.shape().stream().map(dimension -> dimension.of(sizes)).toList();
    Shape shape = tensor.shape();
    boolean fits = shape.rank() == expected.size();
    for (int i = 0; fits && i < expected.size(); i++) {
      fits = shape.dimension(i) == expected.get(i);
    }
    if (!fits) {
      throw problem(
          "tensor '%s' has shape %s, but config.json says %s = %s"
              .formatted(tensor.name(), shape, rule.shapeMeaning(), expected));
    }
  }

  private FormatException problem(String text) {
    return FormatException.in(file, text);
  }
}
