package dev.zonda.cli.options;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A number of bytes on the command line. All options share one grammar.
///
/// @param bytes more than 0
public record ByteCount(long bytes) {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,18}(?:\\.\\d{1,18})?) ?(?:([KMGT])(I?)B?|B)?");

  /// The letters of units, each 1000 or 1024 times the one before it; the first is no letter.
  private static final String UNITS = " KMGT";

  /// Reads `123456`, `500M`, `1.5GB` or `2GiB`, in upper or lower case: K, M, G and T count in
  /// thousands, as llama.cpp's tools take them; KiB, MiB, GiB and TiB in 1024s.
  ///
  /// @throws IllegalArgumentException if it is something else; the message is for the user
  static ByteCount parse(String text) {
    Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (matcher.matches()) {
      try {
        BigDecimal unit = BigDecimal.ONE;
        if (matcher.group(2) != null) {
          int power = UNITS.indexOf(matcher.group(2));
          unit = BigDecimal.valueOf(matcher.group(3).isEmpty() ? 1000 : 1024).pow(power);
        }
        long bytes = new BigDecimal(matcher.group(1)).multiply(unit).longValueExact();
        if (bytes > 0) {
          return new ByteCount(bytes);
        }
      } catch (ArithmeticException _) {
        // A part of a byte, or more than 63 bits hold: reported below.
      }
    }
    throw new IllegalArgumentException(
        ("'%s' is not a size, expected bytes, or a number with K, M, G (thousands) or KiB, MiB, GiB"
                + " (1024s), for example 500M or 2GiB")
            .formatted(text));
  }
}
