package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Constant;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Rotary embedding of the first pairs of a head alone, at the speeds that they have where all are
/// rotated. In a file a tensor divides the angles: of the other pairs by so much that nothing is
/// left of them.
public final class ProportionalRope {
  /// Its name in config.json.
  static final String TYPE = "proportional";

  private static final float STILL = 1e30f;

  private ProportionalRope() {}

  /// The tensor for layers without a window.
  ///
  /// @param head values of a head there
  public static Target divisors(MetadataRule.Source source, int head) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    boolean isWhole = source.isCorrected() && !rope.type().equals(TYPE);
    double part = isWhole ? 1 : rope.real("partial_rotary_factor", 1);
    if (!(part >= 0 && part <= 1)) {
      throw rope.problem("partial_rotary_factor", "is %s, expected 0 to 1".formatted(part));
    }
    int rotated = (int) (head * part / 2);
    boolean isStretched = source.isCorrected() && !isWhole;
    float divisor = isStretched ? (float) rope.real("factor", 1) : 1;
    List<Float> all = new ArrayList<>(Collections.nCopies(rotated, divisor));
    all.addAll(Collections.nCopies(head / 2 - rotated, STILL));
    return Target.generated(RopeFactors.LLAMA_3, new Constant(all));
  }
}
