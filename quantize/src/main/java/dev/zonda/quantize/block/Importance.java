package dev.zonda.quantize.block;

/// How much each column of a tensor's rows matters: the mean square of the activations that meet
/// it, from an importance matrix.
public sealed interface Importance {
  /// All columns alike: the codec uses its own weighting.
  Importance NONE = new None();

  record None() implements Importance {}

  /// @param columns one weight per column, zero or more; must not change any more
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never copied: rows are long.
  record Columns(float[] columns) implements Importance {}
}
