package dev.zonda.quantize.levels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;

/// The points that the grid types choose from: a few of the many ways to give four or eight
/// neighbouring values their levels.
///
/// A grid's points lie in a resource of its name, as docs/quantization.md describes.
@SuppressWarnings("ImmutableEnumChecker") // The arrays are private and written once.
public enum Grid {
  /// The grid of IQ1_S and IQ1_M.
  IQ1(2048, 8, -1, 0, 1),
  IQ2_XXS(256, 8, 8, 25, 43),
  IQ2_XS(512, 8, 8, 25, 43),
  IQ2_S(1024, 8, 8, 25, 43),
  IQ3_XXS(256, 4, 4, 12, 20, 28, 36, 44, 52, 62),
  IQ3_S(512, 4, 1, 3, 5, 7, 9, 11, 13, 15);

  /// Number of values whose levels a point gives: 4 or 8.
  public final int dimensions;

  /// Number of levels that a value can have: 3 or 8.
  public final int base;

  /// Bits of a level in a code: 2 or 3.
  public final int bits;

  private final char[] codes;
  private final byte[] levels;

  /// What the levels stand for, point after point.
  private final float[] values;

  Grid(int points, int dimensions, int... meaning) {
    this.dimensions = dimensions;
    base = meaning.length;
    bits = Integer.SIZE - Integer.numberOfLeadingZeros(base - 1);
    codes = load(name().toLowerCase(Locale.ROOT) + ".grid", points);
    levels = new byte[points * dimensions];
    values = new float[points * dimensions];
    for (int i = 0; i < levels.length; i++) {
      int level = codes[i / dimensions] >> (bits * (i % dimensions)) & ((1 << bits) - 1);
      levels[i] = (byte) level;
      values[i] = meaning[level];
    }
  }

  private static char[] load(String resource, int points) {
    try (InputStream in = Grid.class.getResourceAsStream(resource)) {
      byte[] bytes = in == null ? new byte[0] : in.readAllBytes();
      if (bytes.length != 2 * points) {
        throw new IllegalStateException(
            "%s has %d bytes, expected %d".formatted(resource, bytes.length, 2 * points));
      }
      char[] codes = new char[points];
      for (int i = 0; i < points; i++) {
        codes[i] = (char) ((bytes[2 * i] & 255) | (bytes[2 * i + 1] & 255) << 8);
      }
      return codes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int points() {
    return codes.length;
  }

  /// A point's levels, the first value's in the lowest bits.
  public int code(int point) {
    return codes[point];
  }

  /// A point's levels, one byte each.
  public void levels(int point, byte[] to, int at) {
    for (int i = 0; i < dimensions; i++) {
      to[at + i] = levels[point * dimensions + i];
    }
  }

  public int level(int point, int dimension) {
    return levels[point * dimensions + dimension];
  }

  /// What a point's levels stand for.
  public float value(int point, int dimension) {
    return values[point * dimensions + dimension];
  }
}
