package dev.zonda.quantize.kernel;

import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Importance;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;

/// Seeded values of the kinds that break quantizers.
public enum Samples {
  NORMAL(random -> _ -> 0.02f * (float) random.nextGaussian()),
  HEAVY_TAILED(random -> _ -> (float) (random.nextGaussian() / Math.pow(random.nextDouble(), 1.5))),
  ZEROS(_ -> _ -> 0f),
  SIGNED_ZEROS(random -> _ -> random.nextBoolean() ? 0f : -0f),
  CONSTANT(_ -> _ -> -0.37f),
  ZERO_GROUPS(random -> i -> i / 16 % 3 == 0 ? 0f : (float) random.nextGaussian()),
  DENORMAL(random -> _ -> Float.intBitsToFloat(random.nextInt() & 0x800fffff)),
  /// Around the size below which a group counts as zero.
  VANISHING(random -> _ -> 2e-15f * (float) random.nextGaussian()),
  HUGE(random -> _ -> 3e38f * (float) random.nextDouble(-1, 1)),
  LARGEST_FINITE(random -> _ -> random.nextBoolean() ? Float.MAX_VALUE : -Float.MAX_VALUE),
  /// Zeros, and now and then a value of either sign.
  SPARSE(random -> _ -> random.nextInt(20) == 0 ? (float) random.nextGaussian() : 0f),
  TWO_VALUES(random -> _ -> random.nextBoolean() ? 0.25f : -1.5f),
  /// Small values beside values a million times as large, in every group.
  GAPS(random -> i -> (float) random.nextGaussian() * (i % 3 == 0 ? 1e6f : 1f)),
  /// Only eight bits of mantissa, as in BF16: many values of equal magnitude.
  COARSE(random ->
      _ -> Float.intBitsToFloat(Float.floatToRawIntBits((float) random.nextGaussian()) & ~0xffff)),
  RAMP(_ -> i -> i % 512 / 256f - 1),
  TIES(random -> _ -> random.nextInt(-16, 17) / 8f),
  POSITIVE(random -> _ -> random.nextFloat()),
  NEGATIVE(random -> _ -> -random.nextFloat()),
  OUTLIER(random -> i -> i % 97 == 5 ? 1e6f : (float) random.nextGaussian()),
  SCALED_GROUPS(
      random -> i -> (float) (random.nextGaussian() * Math.pow(10, (i / 32 * 7 % 40) - 20))),
  ANY_FINITE(random ->
      _ -> {
        float value = Float.intBitsToFloat(random.nextInt());
        return Float.isFinite(value) ? value : 1f;
      }),
  WITH_NAN(random -> i -> i % 37 == 3 ? Float.NaN : (float) random.nextGaussian()),
  WITH_INFINITY(random ->
      i ->
          i % 300 == 7
              ? Float.NEGATIVE_INFINITY
              : i % 300 == 207 ? Float.POSITIVE_INFINITY : (float) random.nextGaussian()),
  ALL_NAN(_ -> _ -> Float.NaN);

  private interface Source {
    IntFunction<Float> with(Random random);
  }

  @SuppressWarnings("ImmutableEnumChecker") // The functions have no state.
  private final Source source;

  Samples(Source source) {
    this.source = source;
  }

  public float[] values(int count, long seed) {
    IntFunction<Float> next = source.with(new Random(seed));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = next.apply(i);
    }
    return values;
  }

  /// What a codec takes: none, unless it requires weights, and weights.
  public static List<Importance> importances(Codec codec, int columns, long seed) {
    Importance weights = importance(columns, seed);
    return codec.requiresImportance() ? List.of(weights) : List.of(Importance.NONE, weights);
  }

  /// Importance weights: positive, of very different sizes, now and then zero.
  public static Importance importance(int columns, long seed) {
    Random random = new Random(seed);
    float[] weights = new float[columns];
    for (int i = 0; i < columns; i++) {
      weights[i] = random.nextInt(50) == 0 ? 0 : (float) Math.exp(2 * random.nextGaussian());
    }
    return new Importance.Columns(weights);
  }
}
