package dev.zonda.convert.rules;

import dev.zonda.convert.expression.Expression;

/// A tensor of the output.
///
/// @param name in GGUF
/// @param values in the type of the source
/// @param source the tensor of the checkpoint that it comes from, for messages
/// @param file which of the checkpoint's files held the last of what it comes from, from 0
public record Target(String name, Expression values, String source, int file) {
  /// A tensor that follows from the configuration; it stands first.
  public static Target generated(String name, Expression values) {
    return new Target(name, values, "config.json", 0);
  }
}
