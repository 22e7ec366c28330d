package dev.zonda.convert.rules;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.Multiple;
import dev.zonda.formats.TensorType;

/// Weights times numbers that a network multiplies activations by.
public final class Factors {
  private Factors() {}

  /// The reference computes in the checkpoint's half precision.
  public static Expression times(Expression source, ModelSizes sizes, double factor) {
    Expression product = new Multiple(source, (float) factor);
    boolean isRounded =
        sizes.fidelity() == Fidelity.AS_REFERENCE && source.type() == TensorType.F16;
    return isRounded ? product.as(TensorType.F16) : product;
  }
}
