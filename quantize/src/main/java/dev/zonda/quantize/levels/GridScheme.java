package dev.zonda.quantize.levels;

/// How a type of 2 or 3 bits uses its grid: what differs between the searches of the five.
///
/// @param grid whose points give the magnitudes
/// @param group values that share a scale
/// @param parity which signs can be stored
/// @param allZero groups whose magnitudes all stay below this count as zero
/// @param tries scales tried to each side of the first
/// @param step from one to the next, in levels of the largest value
/// @param start the first scale
/// @param refinement which values get new points for the best scale
/// @param stretch what the super-block's scale is multiplied with when it is stored
/// @param spread how much the mean square of a super-block counts in weights, relative to a value's
///   own
public record GridScheme(
    Grid grid,
    int group,
    Parity parity,
    float allZero,
    int tries,
    float step,
    Start start,
    Refinement refinement,
    float stretch,
    float spread) {

  public enum Parity {
    /// Any signs.
    ANY,
    /// An even number of negative values in eight. Where it is odd, the value that matters least
    /// changes sides.
    EVEN
  }

  public enum Start {
    /// The largest value gets the highest level.
    LARGEST,
    /// What [ScaleSearch] finds for evenly spaced levels.
    FITTED
  }

  public enum Refinement {
    /// Those whose levels were off the grid.
    BESIDE_GRID,
    /// All, if the levels of any were off the grid.
    ALL_IF_ANY,
    ALL
  }
}
