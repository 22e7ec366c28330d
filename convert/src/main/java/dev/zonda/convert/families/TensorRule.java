package dev.zonda.convert.families;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.PermuteHeads;
import java.util.List;
import java.util.stream.Collectors;

/// What becomes of one tensor, or of one tensor of each layer.
///
/// @param source name in the checkpoint; `{layer}` stands for a number
/// @param target name in GGUF
/// @param presence whether a checkpoint must have it
/// @param transform what is done to its values
/// @param shape the dimensions that it must have, outermost first
public record TensorRule(
    String source, String target, Presence presence, Transform transform, List<Dimension> shape) {
  static final String LAYER = "{layer}";

  public enum Presence {
    REQUIRED,
    OPTIONAL
  }

  /// What is done to the values.
  public enum Transform {
    NONE,
    /// From Hugging Face's order of rotated values to ggml's, in every query head.
    PERMUTE_QUERIES,
    /// The same in every key head.
    PERMUTE_KEYS;

    Expression apply(Expression source, ModelSizes sizes) {
      return switch (this) {
        case NONE -> source;
        case PERMUTE_QUERIES -> new PermuteHeads(source, sizes.heads());
        case PERMUTE_KEYS -> new PermuteHeads(source, sizes.keyValueHeads());
      };
    }
  }

  static TensorRule of(String source, String target, Dimension... shape) {
    return new TensorRule(source, target, Presence.REQUIRED, Transform.NONE, List.of(shape));
  }

  TensorRule optional() {
    return new TensorRule(source, target, Presence.OPTIONAL, transform, shape);
  }

  TensorRule with(Transform newTransform) {
    return new TensorRule(source, target, presence, newTransform, shape);
  }

  boolean isPerLayer() {
    return source.contains(LAYER);
  }

  String source(int layer) {
    return source.replace(LAYER, Integer.toString(layer));
  }

  String target(int layer) {
    return target.replace(LAYER, Integer.toString(layer));
  }

  /// The expected shape, in terms of config.json's fields.
  String shapeMeaning() {
    return shape.stream().map(Dimension::meaning).collect(Collectors.joining(", ", "[", "]"));
  }
}
