package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;

/// Several residual streams (AltUp). A layer predicts all of them from each other, computes with
/// one and corrects the others by what it has made of that.
///
/// @param streams how many there are
/// @param active the one that layers compute with
/// @param rank features between the two narrow matrices beside attention (Laurel)
public record AltUp(int streams, int active, int rank) {
  private static final int MOST = 64;
  private static final int USUAL = 4;

  /// As the metadata say.
  public static AltUp of(Keys keys) throws FormatException {
    int streams = keys.count("altup.num_inputs", USUAL);
    int active = keys.countOrZero("altup.active_idx");
    if (streams > MOST || active >= streams) {
      throw keys.error(
          "computes with stream %d of %d, expected at most %d streams"
              .formatted(active, streams, MOST));
    }
    long rank = keys.rows("blk.0.laurel_l.weight");
    if (rank < 1 || rank > Keys.MAX_COUNT) {
      throw keys.error("has no tensor 'blk.0.laurel_l.weight'");
    }
    return new AltUp(streams, active, (int) rank);
  }
}
