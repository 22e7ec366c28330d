package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Constant;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.List;

/// Ways to stretch rotary embedding by a factor for each frequency, in tensors.
public final class RopeFactors {
  /// Llama 3's factors.
  static final String LLAMA_3 = "rope_freqs.weight";

  /// LongRoPE's factors in long texts.
  public static final String LONG = "rope_factors_long.weight";

  private static final String SHORT = "rope_factors_short.weight";

  private RopeFactors() {}

  /// How Llama 3 stretches.
  ///
  /// @param low turns within the length up to which a pair is stretched fully
  /// @param high turns within the length from which on it is not stretched
  record Llama3(double factor, double low, double high, long length) {
    /// The factor of a frequency. Computed in double precision.
    float exactly(float frequency) {
      double wave = 2 * Math.PI / frequency;
      if (wave < length / high) {
        return 1;
      }
      if (wave > length / low) {
        return (float) factor;
      }
      double smooth = (length / wave - low) / (high - low);
      return (float) (1 / ((1 - smooth) / factor + smooth));
    }

    /// The factor of a frequency. Computed in single precision as PyTorch does, which divides a
    /// number by a tensor as the number times the reciprocal.
    public float of(float frequency) {
      float wave = 1 / frequency * (float) (2 * Math.PI);
      if (wave < (float) (length / high)) {
        return 1;
      }
      if (wave > (float) (length / low)) {
        return (float) factor;
      }
      float smooth = (1 / wave * (float) length - (float) low) / (float) (high - low);
      return 1 / ((1 - smooth) / (float) factor + smooth);
    }
  }

  static Llama3 llama3(RopeParameters rope) throws FormatException {
    return new Llama3(
        rope.real("factor", 8),
        rope.real("low_freq_factor", 1),
        rope.real("high_freq_factor", 4),
        rope.originalLength());
  }

  /// The tensors that config.json asks for, where the architecture has them.
  public static List<Target> targets(MetadataRule.Source source) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    boolean isReference = !source.isCorrected();
    return switch (rope.type()) {
      case "llama3" ->
          isReference || source.accepts(LLAMA_3)
              ? List.of(
                  Target.generated(LLAMA_3, new Constant(factors(source, rope, llama3(rope)))))
              : List.of();
      case "longrope", "su" ->
          isReference || !source.accepts(LONG) ? List.of() : longRope(source, rope);
      default -> List.of();
    };
  }

  private static List<Float> factors(MetadataRule.Source source, RopeParameters rope, Llama3 llama3)
      throws FormatException {
    float base = (float) rope.theta().orElse(10000);
    int head = source.isCorrected() ? rotated(source, rope) : source.sizes().headLength();
    List<Float> factors = new ArrayList<>();
    for (int i = 0; i < head; i += 2) {
      factors.add(llama3.of(1.0f / (float) Math.pow(base, i / (float) head)));
    }
    return factors;
  }

  /// Llama 3's factors for the values of a head that are rotated, and ones for further pairs.
  /// Computed in double precision, as the reference does where it makes them one by one.
  public static List<Target> padded(MetadataRule.Source source, int rotated, int pairs)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (!rope.type().equals("llama3")) {
      return List.of();
    }
    Llama3 llama3 = llama3(rope);
    float base = (float) rope.theta().orElse(10000);
    List<Float> factors = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      float frequency = 1.0f / (float) Math.pow(base, 2 * pair / (float) rotated);
      factors.add(2 * pair < rotated ? llama3.exactly(frequency) : 1);
    }
    return List.of(Target.generated(LLAMA_3, new Constant(factors)));
  }

  /// LongRoPE's two tensors.
  public static List<Target> longRope(MetadataRule.Source source, RopeParameters rope)
      throws FormatException {
    return List.of(
        Target.generated(LONG, new Constant(numbers(source, rope, "long_factor"))),
        Target.generated(SHORT, new Constant(numbers(source, rope, "short_factor"))));
  }

  /// A factor for each pair of values that turn together.
  public static List<Float> numbers(MetadataRule.Source source, RopeParameters rope, String field)
      throws FormatException {
    List<Float> numbers =
        rope.fields().orElseThrow().reals(field).stream()
            .flatMap(List::stream)
            .map(Double::floatValue)
            .toList();
    int pairs = rotated(source, rope) / 2;
    if (numbers.size() != pairs) {
      throw rope.problem(field, "has %d values, expected %d".formatted(numbers.size(), pairs));
    }
    return numbers;
  }

  /// Values of a head that are rotated.
  public static int rotated(MetadataRule.Source source, RopeParameters rope)
      throws FormatException {
    int head =
        source.rope().isLatent()
            ? source.sizes().size("qk_rope_head_dim")
            : source.sizes().headLength();
    return source.rope().isLatent() ? head : (int) (head * rope.rotatedPart());
  }
}
