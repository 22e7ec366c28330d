package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import java.util.Arrays;
import java.util.List;

/// Rotary positions: pairs of features are rotated by angles that grow with the position, each pair
/// at a speed of its own.
///
/// @param order which features make a pair
/// @param dimensions features of a head that are rotated, from its first
/// @param base of the geometric sequence of wavelengths
/// @param scaling how the sequence is stretched for long texts
/// @param magnitude factor of the rotated features
/// @param longMagnitude the same in texts that have LongRoPE's factors of long ones
/// @param divisorCount how many divisors a tensor has for all pairs of the network's heads, of
///   which the first count here; none if its angles have none
public record Rotary(
    Order order,
    int dimensions,
    double base,
    Scaling scaling,
    double magnitude,
    double longMagnitude,
    int divisorCount) {

  /// Which features make a pair.
  public enum Order {
    /// Each with the next.
    NEIGHBOURS,
    /// Each of the first half with one of the second.
    HALVES
  }

  /// How wavelengths are stretched for long texts.
  public sealed interface Scaling {
    /// All wavelengths by one factor.
    ///
    /// @param factor 1 if they are not stretched
    record Linear(double factor) implements Scaling {}

    /// By a larger base, which grows with the length of a text beyond a limit.
    record Dynamic(double factor, int originalLength) implements Scaling {}

    /// Long wavelengths by a factor, short ones not at all, with a ramp between them (YaRN).
    ///
    /// @param low number of the pair where the ramp begins
    /// @param high number of the pair where it ends
    /// @param share of the ramp that is applied
    record Yarn(double factor, double low, double high, double share) implements Scaling {}

    /// Each wavelength by its own factor, from one tensor in texts of up to a length, and from
    /// another in longer ones (LongRoPE).
    record LongRope(int originalLength) implements Scaling {}

    /// LongRoPE with the factors in the metadata.
    record GivenLongRope(int originalLength, List<Double> near, List<Double> far)
        implements Scaling {}

    /// Long wavelengths by a factor, short ones not at all, those between partly, depending on how
    /// often they turn in a length (Llama 3).
    ///
    /// @param low a pair that turns at most this often is stretched fully
    /// @param high a pair that turns at least this often is not stretched
    record Llama3(double factor, double low, double high, int originalLength) implements Scaling {
      double divisor(double frequency) {
        double turns = originalLength * frequency / (2 * Math.PI);
        if (turns > high) {
          return 1;
        }
        double kept = (turns - low) / (high - low);
        return turns < low ? factor : 1 / ((1 - kept) / factor + kept);
      }
    }
  }

  /// Pairs of a head.
  public int pairs() {
    return dimensions / 2;
  }

  /// The tensor that holds a divisor of each pair's angles, in texts of a length.
  public String divisors(int length) {
    if (scaling instanceof Scaling.LongRope(int originalLength)) {
      return length > originalLength ? "rope_factors_long.weight" : "rope_factors_short.weight";
    }
    return "rope_freqs.weight";
  }

  /// Angle per position of each pair, in texts of a length.
  ///
  /// @param divisors of the angles, one per pair
  public double[] frequencies(float[] divisors, int length) {
    double[] frequencies = new double[pairs()];
    double stretched = base(length);
    for (int pair = 0; pair < frequencies.length; pair++) {
      double plain = StrictMath.pow(stretched, -2.0 * pair / dimensions) / divisors[pair];
      frequencies[pair] =
          switch (scaling) {
            case Scaling.Linear(double factor) -> plain / factor;
            case Scaling.LongRope _, Scaling.Dynamic _ -> plain;
            case Scaling.GivenLongRope(int originalLength, List<Double> near, List<Double> far) ->
                plain / (length > originalLength ? far : near).get(pair);
            case Scaling.Llama3 llama3 -> plain / llama3.divisor(plain);
            case Scaling.Yarn yarn -> {
              double ramp = (pair - yarn.low()) / Math.max(0.001, yarn.high() - yarn.low());
              double kept = (1 - Math.clamp(ramp, 0, 1)) * yarn.share();
              yield plain / yarn.factor() * (1 - kept) + plain * kept;
            }
          };
    }
    return frequencies;
  }

  /// The factor of the rotated features in texts of a length.
  public double magnitude(int length) {
    boolean isLong =
        switch (scaling) {
          case Scaling.LongRope(int originalLength) -> length > originalLength;
          case Scaling.GivenLongRope given -> length > given.originalLength();
          case Scaling.Linear _, Scaling.Dynamic _, Scaling.Llama3 _, Scaling.Yarn _ -> false;
        };
    return isLong ? longMagnitude : magnitude;
  }

  private double base(int length) {
    if (scaling instanceof Scaling.Dynamic(double factor, int originalLength)
        && length > originalLength
        && dimensions > 2) {
      double growth = factor * length / originalLength - (factor - 1);
      return base * StrictMath.pow(growth, dimensions / (dimensions - 2.0));
    }
    return base;
  }

  /// Rotation as the metadata describe it.
  public static Builder builder(Keys keys, Order order) {
    return new Builder(keys, order);
  }

  /// Describes a rotation.
  public static final class Builder {
    private static final double USUAL_BASE = 10000;

    private final Keys keys;
    private final Order order;
    private String scaling = "rope.scaling.";
    private boolean isRampRounded = true;
    private double multiplier;
    private String baseKey = "rope.freq_base";
    private double usualBase = USUAL_BASE;
    private int divisorCount = -1;
    private int rotated = -1;
    private String dimensionsKey = "rope.dimension_count";

    private Builder(Keys keys, Order order) {
      this.keys = keys;
      this.order = order;
    }

    /// Uses the base and the scaling that layers with a window have in some families.
    public Builder ofWindow() {
      return ofWindow(USUAL_BASE);
    }

    /// The same with the base of the other layers, if the metadata have no other one.
    public Builder ofWindowAlike() throws FormatException {
      return ofWindow(keys.number(baseKey, USUAL_BASE));
    }

    private Builder ofWindow(double base) {
      usualBase = base;
      baseKey = "rope.freq_base_swa";
      dimensionsKey = "rope.dimension_count_swa";
      scaling = "rope.scaling_swa.";
      return this;
    }

    /// Leaves the tensors that divide angles to other layers.
    public Builder undivided() {
      divisorCount = 0;
      return this;
    }

    /// Rotates so many features, whatever the metadata say.
    ///
    /// @param divisors how many a tensor has of which the first are for these; zero for none
    public Builder rotating(int features, int divisors) {
      rotated = features;
      divisorCount = divisors;
      return this;
    }

    /// Lets YaRN's ramp begin and end between pairs.
    public Builder exactRamp() {
      isRampRounded = false;
      return this;
    }

    /// Divides YaRN's magnitude by its value with another multiplier of the logarithm; does nothing
    /// if that is zero.
    public Builder dividedBy(double otherMultiplier) {
      multiplier = otherMultiplier;
      return this;
    }

    /// @param length features of a head
    Rotary build(int length) throws FormatException {
      int dimensions = dimensions(length);
      if (dimensions % 2 != 0 || dimensions > length) {
        throw keys.error(
            "rotates %d of %d features of a head, expected an even number of them"
                .formatted(dimensions, length));
      }
      double base = keys.number(baseKey, usualBase);
      String type = scalingType();
      double attention = keys.number(scaling + "attn_factor", 1);
      return switch (type) {
        case "none" -> of(dimensions, base, new Scaling.Linear(1), attention);
        case "linear" -> of(dimensions, base, new Scaling.Linear(factor()), attention);
        case "dynamic" ->
            of(dimensions, base, new Scaling.Dynamic(factor(), originalLength()), attention);
        case "yarn" -> of(dimensions, base, yarn(dimensions, base), yarnMagnitude() * attention);
        case "longrope" -> of(dimensions, base, longRope(dimensions), attention);
        case "llama3" -> of(dimensions, base, llama3(), attention);
        default -> throw keys.error("has rope scaling '" + type + "', which cannot be evaluated");
      };
    }

    private int dimensions(int length) throws FormatException {
      if (rotated >= 0) {
        return rotated;
      }
      return keys.count(dimensionsKey, keys.count("rope.dimension_count", length));
    }

    /// Factors for each pair mean LongRoPE, whatever the metadata say.
    private String scalingType() throws FormatException {
      boolean hasFactors = keys.hasTensor("rope_factors_short.weight");
      return hasFactors ? "longrope" : keys.text(scaling + "type", "none");
    }

    private Rotary of(int dimensions, double base, Scaling stretch, double magnitude)
        throws FormatException {
      double longMagnitude = keys.number(scaling + "long_attn_factor", magnitude);
      int count = divisorCount < 0 ? dimensions / 2 : divisorCount;
      return new Rotary(order, dimensions, base, stretch, magnitude, longMagnitude, count);
    }

    private double factor() throws FormatException {
      return keys.number(scaling + "factor", 1);
    }

    private int originalLength() throws FormatException {
      return keys.count(scaling + "original_context_length", keys.count("context_length"));
    }

    private Scaling yarn(int dimensions, double base) throws FormatException {
      double low = turningPair(dimensions, base, keys.number(scaling + "yarn_beta_fast", 32));
      double high = turningPair(dimensions, base, keys.number(scaling + "yarn_beta_slow", 1));
      boolean isRounded = keys.flag(scaling + "yarn_truncate", isRampRounded);
      return new Scaling.Yarn(
          factor(),
          Math.max(0, isRounded ? Math.floor(low) : low),
          Math.min(dimensions - 1, isRounded ? Math.ceil(high) : high),
          keys.number(scaling + "yarn_ext_factor", 1));
    }

    /// The pair that turns this many times in the length that the network was first trained for.
    private double turningPair(int dimensions, double base, double turns) throws FormatException {
      double wavelength = originalLength() / (turns * 2 * Math.PI);
      return dimensions * StrictMath.log(wavelength) / (2 * StrictMath.log(base));
    }

    /// The factor by which YaRN multiplies queries and keys. `attn_factor` is a factor of that, as
    /// llama.cpp reads it; if it is missing, the checkpoint's own number is used.
    private double yarnMagnitude() throws FormatException {
      if (keys.has(scaling + "yarn_attn_factor") && !keys.has(scaling + "attn_factor")) {
        return keys.number(scaling + "yarn_attn_factor");
      }
      return Rotary.yarnMagnitude(factor(), 1) / Rotary.yarnMagnitude(factor(), multiplier);
    }

    private Scaling longRope(int dimensions) throws FormatException {
      if (keys.hasTensor("rope_factors_short.weight")) {
        return new Scaling.LongRope(originalLength());
      }
      if (!keys.has(scaling + "short_factors")) {
        throw keys.error("has rope scaling 'longrope', but no tensor 'rope_factors_short.weight'");
      }
      return new Scaling.GivenLongRope(
          originalLength(),
          factors(scaling + "short_factors", dimensions),
          factors(scaling + "long_factors", dimensions));
    }

    private List<Double> factors(String name, int dimensions) throws FormatException {
      return Arrays.stream(keys.numbers(name, dimensions / 2)).boxed().toList();
    }

    private Scaling llama3() throws FormatException {
      return new Scaling.Llama3(
          factor(),
          keys.number(scaling + "low_freq_factor"),
          keys.number(scaling + "high_freq_factor"),
          originalLength());
    }
  }

  /// By how much YaRN raises attention to long texts.
  ///
  /// @param factor by which texts may be longer
  /// @param multiplier of its logarithm
  static double yarnMagnitude(double factor, double multiplier) {
    return factor <= 1 ? 1 : 0.1 * multiplier * StrictMath.log(factor) + 1;
  }
}
