package dev.zonda.convert.rules;

/// Tensors that are left out of the output.
///
/// @param pattern their names: `*end` or `start*`
/// @param what they are, to be said to the user
public record Leftover(String pattern, String what) {
  /// Buffers that old checkpoints saved: computed from the configuration, not learned.
  public static Leftover buffer(String pattern) {
    return new Leftover(pattern, "a buffer, which follows from the configuration");
  }

  /// A part of the model that a GGUF file of its text model does not hold.
  public static Leftover part(String pattern, String what) {
    return new Leftover(pattern, what);
  }

  public boolean covers(String name) {
    return pattern.startsWith("*")
        ? name.endsWith(pattern.substring(1))
        : name.startsWith(pattern.substring(0, pattern.length() - 1));
  }
}
