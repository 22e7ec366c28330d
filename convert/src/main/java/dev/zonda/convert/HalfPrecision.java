package dev.zonda.convert;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Cast;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.Multiple;
import dev.zonda.convert.expression.NegativeExponential;
import dev.zonda.convert.expression.Reshape;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.Shift;
import dev.zonda.convert.rules.Target;
import dev.zonda.formats.TensorType;
import java.util.List;

/// What is computed of numbers that the checkpoint holds in half precision. The reference computes
/// in that precision, too.
final class HalfPrecision {
  private HalfPrecision() {}

  /// Says what is written in more digits than the reference writes.
  static void note(List<Target> targets, Fidelity fidelity, Notes notes) {
    if (fidelity == Fidelity.AS_REFERENCE) {
      return;
    }
    if (targets.stream().anyMatch(target -> isHalf(target.values(), Shift.class))) {
      notes.add(
          "the norms, with 1 added, are written in single precision; llama.cpp's converter"
              + " rounds them to half precision");
    }
    if (targets.stream().anyMatch(target -> isHalf(target.values(), NegativeExponential.class))) {
      notes.add(
          "exponentials are written in single precision; llama.cpp's converter rounds them to half"
              + " precision");
    }
    if (targets.stream().anyMatch(target -> isHalf(target.values(), Multiple.class))) {
      notes.add(
          "products with factors are computed in single precision; llama.cpp's converter computes"
              + " them in half precision");
    }
  }

  /// The values that are written.
  static Expression written(Expression values, Fidelity fidelity) {
    boolean isHalf = isHalf(values, Shift.class) || isHalf(values, NegativeExponential.class);
    return isHalf && fidelity == Fidelity.AS_REFERENCE ? values.as(TensorType.F16) : values;
  }

  private static boolean isOfHalf(Expression values) {
    return values instanceof Cast cast && cast.source().type() == TensorType.F16;
  }

  /// Whether values, in whatever order, are computed in a certain way of half precision.
  private static boolean isHalf(Expression values, Class<? extends Expression> way) {
    return switch (values) {
      case Shift(Expression source, float _) ->
          way == Shift.class && source.type() == TensorType.F16;
      case NegativeExponential(Expression source) ->
          way == NegativeExponential.class && source.type() == TensorType.F16;
      case Multiple(Expression source, float _) ->
          way == Multiple.class && (isOfHalf(source) || isHalf(source, way));
      case Reshape reshaped -> isHalf(reshaped.source(), way);
      case SelectRows selected -> isHalf(selected.source(), way);
      case JoinRows joined -> joined.parts().stream().anyMatch(part -> isHalf(part, way));
      default -> false;
    };
  }
}
