package dev.zonda.verify.kernels;

import java.util.Arrays;

/// Which blocks of earlier tokens the heads see: those of the same window, and of each window
/// before a few, which differ from head to head.
///
/// @param length tokens of a block
/// @param count blocks of the longest text
/// @param local blocks of a window
/// @param global blocks of a window that later ones see, too
/// @param patterns heads with different ones; further heads have the same again
public record SparseBlocks(int length, int count, int local, int global, int patterns) {
  public SparseBlocks {
    if (Math.min(Math.min(length, local), Math.min(global, patterns)) < 1
        || count < global
        || (long) global * patterns > local) {
      throw new IllegalArgumentException(
          "%d blocks of %d tokens, %d of them near, %d far in %d patterns"
              .formatted(count, length, local, global, patterns));
    }
  }

  /// Whether a query sees a key that is not after it.
  boolean sees(int head, int query, int key) {
    int queryBlock = Math.min(query / length, count - 1);
    int keyBlock = Math.min(key / length, count - 1);
    if (queryBlock / local == keyBlock / local) {
      return true;
    }
    int first = local - (1 + head % patterns) * global;
    int whole = count - count % local;
    int inWindow = Math.floorMod(keyBlock - first, local);
    boolean isInWhole = keyBlock >= first && keyBlock - inWindow < whole;
    if (isInWhole && inWindow < global) {
      return true;
    }
    int last = Math.min(whole + first, count - global);
    return whole < count && keyBlock >= last && keyBlock < last + global;
  }

  /// Hides keys from the queries of a strip.
  ///
  /// @param scores of all lanes for one key after the other
  void mask(float[] scores, int head, int queryStart, int keysBefore, int keyCount, int lanes) {
    int firstBlock = queryStart / length;
    boolean isOneBlock = (queryStart + lanes - 1) / length == firstBlock;
    for (int key = 0; key < keyCount; key++) {
      int at = key * lanes;
      if (isOneBlock) {
        if (!sees(head, queryStart, keysBefore + key)) {
          Arrays.fill(scores, at, at + lanes, Float.NEGATIVE_INFINITY);
        }
        continue;
      }
      for (int lane = 0; lane < lanes; lane++) {
        if (!sees(head, queryStart + lane, keysBefore + key)) {
          scores[at + lane] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }
}
