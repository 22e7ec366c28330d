package dev.zonda.quantize;

import dev.zonda.formats.TensorType;

/// Finds values that a type cannot hold: not a number, infinite, or too large.
///
/// Floats of either sign are ordered like their bits without the sign, with infinity and then all
/// NaNs at the end, so that one comparison of integers finds them all.
enum RowCheck {
  /// Everything but infinity and NaN.
  FINITE(0x7f800000),
  /// What is not rounded to infinity in F16: less than 65520.
  F16(0x477ff000),
  /// What is not rounded to infinity in BF16.
  BF16(0x7f7f8000),
  /// Values up to which the scales of all quantized types are within F16.
  SAFE_SCALES(0x467a0000);

  private final int limit;

  RowCheck(int limit) {
    this.limit = limit;
  }

  static RowCheck of(TensorType target) {
    return switch (target) {
      case F16 -> F16;
      case BF16 -> BF16;
      default -> FINITE;
    };
  }

  /// The check for a codec of the type: values that pass need no second look.
  static RowCheck safe(TensorType target) {
    return target.isQuantized() ? SAFE_SCALES : of(target);
  }

  /// Bits of the least magnitude that is out of bounds.
  int limit() {
    return limit;
  }

  /// Whether any value is out of bounds. Without branches, for all values pass here.
  boolean isViolated(float[] values, int count) {
    int violated = 0;
    for (int i = 0; i < count; i++) {
      // Negative if the magnitude is the limit or more.
      violated |= limit - 1 - (Float.floatToRawIntBits(values[i]) & 0x7fffffff);
    }
    return violated < 0;
  }

  /// Replaces the values that are out of bounds by 0.
  void zero(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (isOut(values[i])) {
        values[i] = 0;
      }
    }
  }

  /// How many values are out of bounds.
  long count(float[] values, int count) {
    long out = 0;
    for (int i = 0; i < count; i++) {
      if (isOut(values[i])) {
        out++;
      }
    }
    return out;
  }

  /// The index of the first value that is out of bounds; there must be one.
  int first(float[] values) {
    int index = 0;
    while (!isOut(values[index])) {
      index++;
    }
    return index;
  }

  private boolean isOut(float value) {
    return (Float.floatToRawIntBits(value) & 0x7fffffff) >= limit;
  }
}
