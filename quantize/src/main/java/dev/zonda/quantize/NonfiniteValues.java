package dev.zonda.quantize;

import java.util.Locale;

/// What happens to values that are not finite, or that the type to be written cannot hold.
public enum NonfiniteValues {
  /// The run stops, and the message names the first of them.
  FAIL,
  /// They become 0. If a tensor is copied in a block type, the whole block becomes 0.
  ZERO,
  /// They are passed to the codec, whatever it makes of them.
  KEEP;

  /// Reads `fail`, `zero` or `keep`, in upper or lower case.
  ///
  /// @throws IllegalArgumentException if it is none of them
  public static NonfiniteValues parse(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "fail" -> FAIL;
      case "zero" -> ZERO;
      case "keep" -> KEEP;
      default ->
          throw new IllegalArgumentException("'" + name + "' is not one of fail, zero and keep");
    };
  }
}
