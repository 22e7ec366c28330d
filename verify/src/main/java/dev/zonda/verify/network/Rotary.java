package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;

/// Rotary positions: pairs of features are rotated by angles that grow with the position, each pair
/// at a speed of its own.
///
/// @param order which features make a pair
/// @param dimensions features of a head that are rotated, from its first
/// @param base of the geometric row of wavelengths
/// @param scaling how the row is stretched to long texts
/// @param magnitude factor of what was rotated
public record Rotary(Order order, int dimensions, double base, Scaling scaling, double magnitude) {

  /// Which features make a pair.
  public enum Order {
    /// Each with the next.
    NEIGHBOURS,
    /// Each of the first half with one of the second.
    HALVES
  }

  /// How wavelengths are stretched to long texts.
  public sealed interface Scaling {
    /// All by one factor.
    ///
    /// @param factor 1 if they are as they are
    record Linear(double factor) implements Scaling {}

    /// By a larger base, the larger the longer a text is beyond a length.
    record Dynamic(double factor, int originalLength) implements Scaling {}

    /// Long ones by a factor, short ones not, with a ramp between (YaRN).
    ///
    /// @param low number of the pair where the ramp begins
    /// @param high number of the pair where it ends
    /// @param share of the ramp that is applied
    record Yarn(double factor, double low, double high, double share) implements Scaling {}

    /// Each by its own factor: those of one tensor in texts of up to a length, of another beyond
    /// (LongRoPE).
    record LongRope(int originalLength) implements Scaling {}
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
            case Scaling.Yarn yarn -> {
              double ramp = (pair - yarn.low()) / Math.max(0.001, yarn.high() - yarn.low());
              double kept = (1 - Math.clamp(ramp, 0, 1)) * yarn.share();
              yield plain / yarn.factor() * (1 - kept) + plain * kept;
            }
          };
    }
    return frequencies;
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
    private final Keys keys;
    private final Order order;
    private boolean isStretched = true;
    private boolean isRampRounded = true;
    private String baseKey = "rope.freq_base";

    private Builder(Keys keys, Order order) {
      this.keys = keys;
      this.order = order;
    }

    /// As layers with a window do in some families: with a base of their own, and not stretched.
    public Builder ofWindow() {
      baseKey = "rope.freq_base_swa";
      isStretched = false;
      return this;
    }

    /// YaRN's ramp begins and ends between pairs.
    public Builder exactRamp() {
      isRampRounded = false;
      return this;
    }

    /// @param length features of a head
    Rotary build(int length) throws FormatException {
      int dimensions = keys.count("rope.dimension_count", length);
      if (dimensions % 2 != 0 || dimensions > length) {
        throw keys.error("%d rotated of %d features of a head".formatted(dimensions, length));
      }
      double base = keys.number(baseKey, 10000);
      String type = isStretched ? scalingType() : "none";
      double attention = keys.number("rope.scaling.attn_factor", 1);
      return switch (type) {
        case "none" -> of(dimensions, base, new Scaling.Linear(1), 1);
        case "linear" -> of(dimensions, base, new Scaling.Linear(factor()), 1);
        case "dynamic" -> of(dimensions, base, new Scaling.Dynamic(factor(), originalLength()), 1);
        case "yarn" -> of(dimensions, base, yarn(dimensions, base), yarnMagnitude() * attention);
        case "longrope" -> of(dimensions, base, longRope(), attention);
        default -> throw keys.error("rope scaling '" + type + "' cannot be evaluated");
      };
    }

    /// Factors for each pair say by themselves what they are.
    private String scalingType() throws FormatException {
      boolean hasFactors = keys.hasTensor("rope_factors_short.weight");
      return hasFactors ? "longrope" : keys.text("rope.scaling.type", "none");
    }

    private Rotary of(int dimensions, double base, Scaling scaling, double magnitude) {
      return new Rotary(order, dimensions, base, scaling, magnitude);
    }

    private double factor() throws FormatException {
      return keys.number("rope.scaling.factor", 1);
    }

    private int originalLength() throws FormatException {
      return keys.count("rope.scaling.original_context_length", keys.count("context_length"));
    }

    private Scaling yarn(int dimensions, double base) throws FormatException {
      double low = turningPair(dimensions, base, keys.number("rope.scaling.yarn_beta_fast", 32));
      double high = turningPair(dimensions, base, keys.number("rope.scaling.yarn_beta_slow", 1));
      boolean isRounded = isRampRounded && keys.flag("rope.scaling.yarn_truncate", true);
      return new Scaling.Yarn(
          factor(),
          Math.max(0, isRounded ? Math.floor(low) : low),
          Math.min(dimensions - 1, isRounded ? Math.ceil(high) : high),
          keys.number("rope.scaling.yarn_ext_factor", 1));
    }

    /// The pair that turns so many times in the length that the network was trained for first.
    private double turningPair(int dimensions, double base, double turns) throws FormatException {
      double wavelength = originalLength() / (turns * 2 * Math.PI);
      return dimensions * StrictMath.log(wavelength) / (2 * StrictMath.log(base));
    }

    /// What YaRN multiplies queries and keys with, less what the network's scores are multiplied
    /// with in another place.
    private double yarnMagnitude() throws FormatException {
      if (keys.has("rope.scaling.yarn_attn_factor")) {
        return keys.number("rope.scaling.yarn_attn_factor");
      }
      double multiplier = keys.optionalNumber("rope.scaling.yarn_log_multiplier").orElse(0);
      return multiplier == 0 ? Rotary.yarnMagnitude(keys, 1) : 1;
    }

    private Scaling longRope() throws FormatException {
      if (!keys.hasTensor("rope_factors_short.weight")) {
        throw keys.error("has rope scaling 'longrope', but no tensor 'rope_factors_short.weight'");
      }
      return new Scaling.LongRope(originalLength());
    }
  }

  /// By how much YaRN raises attention to long texts.
  ///
  /// @param multiplier of the logarithm of the length's factor
  public static double yarnMagnitude(Keys keys, double multiplier) throws FormatException {
    double factor = keys.number("rope.scaling.factor", 1);
    return factor <= 1 ? 1 : 0.1 * multiplier * StrictMath.log(factor) + 1;
  }
}
