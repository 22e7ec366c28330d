package dev.zonda.quantize;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/// Looks for values of a magnitude or more among the bytes of a float type, without decoding them:
/// magnitudes are ordered like their bits, so that whole numbers are compared, as many at once as a
/// machine word holds.
final class FloatBits {
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

  /// All bits of each value but its sign.
  private final long magnitudes;

  /// Carries into the sign's place of each value whose magnitude is too large.
  private final long complements;

  private FloatBits(int bits, int limit) {
    long ones = bits == Float.SIZE ? 0x0000_0001_0000_0001L : 0x0001_0001_0001_0001L;
    int sign = 1 << (bits - 1);
    this.magnitudes = ones * Integer.toUnsignedLong(sign - 1);
    this.complements = ones * Integer.toUnsignedLong(sign - limit);
  }

  /// Looks for what violates a check; empty for types that are not plain floats.
  static Optional<FloatBits> of(TensorType type, RowCheck check) {
    return switch (type) {
      case F32 -> Optional.of(new FloatBits(Float.SIZE, check.limit()));
      case BF16 -> Optional.of(new FloatBits(Short.SIZE, (check.limit() + 0xffff) >>> 16));
      case F16 -> Optional.of(new FloatBits(Short.SIZE, halfLimit(check.limit())));
      default -> Optional.empty();
    };
  }

  /// The least half precision number that is not below a limit, or infinity.
  private static int halfLimit(int limit) {
    short rounded = Float.floatToFloat16(Float.intBitsToFloat(limit));
    boolean isBelow = Float.floatToRawIntBits(Float.float16ToFloat(rounded)) < limit;
    return rounded + (isBelow ? 1 : 0);
  }

  /// Whether there is such a value.
  ///
  /// @param values whole values, little endian
  boolean isIn(MemorySegment values) {
    long bytes = values.byteSize();
    long words = bytes - bytes % Long.BYTES;
    long found = 0;
    for (long at = 0; at < words; at += Long.BYTES) {
      found |= (values.get(WORD, at) & magnitudes) + complements;
    }
    long last = 0;
    for (long at = words; at < bytes; at++) {
      last |= (values.get(ValueLayout.JAVA_BYTE, at) & 0xffL) << (Byte.SIZE * (at - words));
    }
    found |= (last & magnitudes) + complements;
    return (found & ~magnitudes) != 0;
  }
}
