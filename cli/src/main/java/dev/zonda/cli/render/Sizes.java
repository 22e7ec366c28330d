package dev.zonda.cli.render;

import java.time.Duration;
import java.util.Locale;

/// Numbers for people.
public final class Sizes {
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final String[] DECIMAL = {"", " K", " M", " B", " T"};

  private Sizes() {}

  /// Bytes in the largest binary unit, three digits: `7.59 MiB`.
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < BINARY.length - 1) {
      value /= 1024;
      unit++;
    }
    return (unit == 0 ? Long.toString(bytes) : threeDigits(value)) + " " + BINARY[unit];
  }

  /// A count in the largest decimal unit, three digits: `7.24 B` for 7241732096.
  public static String count(long count) {
    double value = count;
    int unit = 0;
    while (value >= 999.5 && unit < DECIMAL.length - 1) {
      value /= 1000;
      unit++;
    }
    return (unit == 0 ? Long.toString(count) : threeDigits(value)) + DECIMAL[unit];
  }

  /// Every digit, grouped: `7,241,732,096`.
  public static String exact(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /// A number with a fixed number of decimals.
  public static String decimals(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /// A number with so many significant digits, with an exponent where it is small or large.
  public static String significant(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "g", value);
  }

  /// A number with an exponent and so many decimals: `2.10e-05`.
  public static String scientific(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "e", value);
  }

  /// Seconds below a minute, otherwise minutes and seconds or hours and minutes.
  public static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
        : String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds % 3600 / 60);
  }

  private static String threeDigits(double value) {
    return decimals(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  }
}
