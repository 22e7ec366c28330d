package dev.zonda.convert.rules;

import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What becomes of one tensor, of one of each layer, or of several that belong together.
///
/// @param spellings the tensors, in each of the forms that checkpoints have them in; the usual one
///   is the first. A layer has one of the forms. What they become stands in the output where the
///   last of them stood, in the order of the usual form
/// @param presence whether a checkpoint must have them
/// @param layers which layers have them, if they are per layer
/// @param needed which of these layers must have them, if a checkpoint must
/// @param announcement whether the network has them, as config.json says
public record TensorRule(
    List<List<Part>> spellings,
    Presence presence,
    Layers layers,
    Layers needed,
    Announcement announcement) {
  /// Stands for the number of a layer: the first number between dots.
  static final String LAYER = "{layer}";

  /// Stands for the number of an expert: the second number between dots.
  static final String EXPERT = "{expert}";

  public enum Presence {
    REQUIRED,
    OPTIONAL
  }

  /// Whether a layer has the tensors of a rule.
  @FunctionalInterface
  public interface Layers {
    Layers ALL = (layer, sizes) -> true;

    boolean include(int layer, ModelSizes sizes) throws FormatException;

    /// The other layers. Lambdas of an interface with default methods are not in the cache that
    /// makes commands start fast, therefore this is static.
    static Layers allBut(Layers some) {
      return (layer, sizes) -> !some.include(layer, sizes);
    }
  }

  /// A tensor of the checkpoint, or the experts of a layer seen as one tensor.
  ///
  /// @param source its name, with `{layer}` and `{expert}`
  /// @param shape dimensions that it must have, outermost first; experts are the first
  /// @param outputs what it becomes
  public record Part(String source, List<Dimension> shape, List<Output> outputs) {
    boolean isPerLayer() {
      return source.contains(LAYER);
    }

    boolean isPerExpert() {
      return source.contains(EXPERT);
    }

    /// The expected shape, in terms of config.json's fields.
    String shapeMeaning() {
      return shape.stream()
          .skip(isPerExpert() ? 1 : 0)
          .map(Dimension::meaning)
          .collect(Collectors.joining(", ", "[", "]"));
    }
  }

  /// @param target name in GGUF, with `{layer}`
  /// @param transform what is done to the values
  public record Output(String target, Transform transform) {
    public String name(int layer) {
      return target.replace(LAYER, Integer.toString(layer));
    }
  }

  public TensorRule {
    spellings = spellings.stream().map(List::copyOf).toList();
  }

  public static TensorRule of(String source, String target, Dimension... shape) {
    return split(source, List.of(shape), new Output(target, Transform.NONE));
  }

  /// A tensor that becomes several.
  public static TensorRule split(String source, List<Dimension> shape, Output... outputs) {
    return spelled(
        List.of(new Part(source, shape, List.of(outputs))),
        Presence.REQUIRED,
        Layers.ALL,
        Announcement.ALWAYS);
  }

  /// Tensors that become others at the same place, in this order.
  public static TensorRule together(TensorRule... rules) {
    List<Part> parts = new ArrayList<>();
    Arrays.stream(rules).forEach(rule -> parts.addAll(rule.parts()));
    return spelled(parts, rules[0].presence, rules[0].layers, rules[0].announcement);
  }

  /// Rules of matrices and norms, each followed by that of its bias.
  public static List<TensorRule> biased(TensorRule... weights) {
    return Arrays.stream(weights).flatMap(rule -> Stream.of(rule, rule.bias())).toList();
  }

  /// The same for biases that config.json announces, and that a checkpoint may lack even then.
  public static List<TensorRule> biased(Announcement biases, TensorRule... weights) {
    return Arrays.stream(weights)
        .flatMap(rule -> Stream.of(rule, rule.bias().optional().announced(biases)))
        .toList();
  }

  private TensorRule bias() {
    Part part = parts().getFirst();
    Output output = part.outputs().getFirst();
    return spelled(
        List.of(
            new Part(
                bias(part.source()),
                part.shape().subList(0, 1),
                List.of(new Output(bias(output.target()), output.transform())))),
        presence,
        layers,
        announcement);
  }

  private static String bias(String weight) {
    return weight.substring(0, weight.lastIndexOf('.')) + ".bias";
  }

  private static TensorRule spelled(
      List<Part> parts, Presence presence, Layers layers, Announcement announcement) {
    return new TensorRule(List.of(parts), presence, layers, Layers.ALL, announcement);
  }

  /// The same outputs from other tensors, where a checkpoint has those.
  public TensorRule or(TensorRule other) {
    List<List<Part>> all = new ArrayList<>(spellings);
    all.addAll(other.spellings);
    return new TensorRule(all, presence, layers, needed, announcement);
  }

  public TensorRule optional() {
    return new TensorRule(spellings, Presence.OPTIONAL, layers, needed, announcement);
  }

  /// Not used where config.json does not announce it.
  public TensorRule announced(Announcement newAnnouncement) {
    return new TensorRule(spellings, presence, layers, needed, newAnnouncement);
  }

  /// Rules of tensors that only some layers have.
  public static List<TensorRule> on(Layers layers, List<TensorRule> rules) {
    return rules.stream().map(rule -> rule.on(layers)).toList();
  }

  public TensorRule on(Layers newLayers) {
    return new TensorRule(spellings, presence, newLayers, needed, announcement);
  }

  /// Other layers may have the tensors, too.
  public TensorRule neededOn(Layers some) {
    return new TensorRule(spellings, presence, layers, some, announcement);
  }

  /// @throws IllegalStateException if there is more than one output
  public TensorRule with(Transform transform) {
    Part part = parts().getFirst();
    if (parts().size() != 1 || part.outputs().size() != 1) {
      throw new IllegalStateException("several outputs: give each its transform");
    }
    Output output = new Output(part.outputs().getFirst().target(), transform);
    return spelled(
        List.of(new Part(part.source(), part.shape(), List.of(output))),
        presence,
        layers,
        announcement);
  }

  /// The tensors of all forms.
  public List<Part> parts() {
    return spellings.stream().flatMap(List::stream).toList();
  }

  boolean isPerLayer() {
    return parts().getFirst().isPerLayer();
  }
}
