package dev.zonda.verify.network;

/// Scores that grow with the query's position, once that is beyond a length: by the ratio of the
/// logarithms of both.
///
/// @param length two tokens at least
public record ScoreGrowth(int length) {
  /// The factor of a query's scores.
  public float factor(int position) {
    return position <= length
        ? 1
        : (float) (StrictMath.log(position) / StrictMath.log((double) length));
  }
}
