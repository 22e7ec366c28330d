package dev.zonda.quantize;

import java.util.Locale;

/// What becomes of values that are not finite, or that the type to be written cannot hold.
public enum NonfiniteValues {
  /// The run stops, and the message names the first of them.
  FAIL,
  /// They become 0. Of a tensor that is copied in a block type, it is the whole block.
  ZERO,
  /// They are passed to the codec, which makes something of them.
  KEEP;

  /// Reads `fail`, `zero` or `keep`, in either case.
  ///
  /// @throws IllegalArgumentException if it is none of them
  public static NonfiniteValues parse(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "fail" -> FAIL;
      case "zero" -> ZERO;
      case "keep" -> KEEP;
      default ->
          throw new IllegalArgumentException("'" + name + "' is none of fail, zero and keep");
    };
  }
}
