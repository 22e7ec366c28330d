package dev.zonda.quantize.levels;

/// Finds the scales of small groups whose levels lie around zero, by moving single levels
/// (`make_q3_quants` in ggml). Each value is weighted with its square.
///
/// The value of largest magnitude is mapped to `-bound`; then, up to five rounds, each level may
/// move to what suits the scale of the others best, if that improves the fit.
public class SignedRefinement {
  public static final int ROUNDS = 5;

  public final int groupSize;
  public final int bound;

  /// @param groupSize values in a group
  /// @param bound levels run from `-bound` to `bound - 1`
  public SignedRefinement(int groupSize, int bound) {
    this.groupSize = groupSize;
    this.bound = bound;
  }

  /// Searches consecutive groups.
  ///
  /// @param x values, from index `from` on
  /// @param levels receives the levels plus `bound`, from index 0 on; 0 for a zero group
  /// @param scales receives the scales, from index 0 on
  public void fit(float[] x, int from, int groups, byte[] levels, float[] scales) {
    for (int group = 0; group < groups; group++) {
      int first = group * groupSize;
      scales[group] = fitGroup(x, from + first, levels, first);
    }
  }

  private float fitGroup(float[] x, int from, byte[] levels, int at) {
    float max = Extremum.ofLargestMagnitude(x, from, groupSize);
    if (Math.abs(max) < SymmetricSearch.ALL_ZERO) {
      for (int i = 0; i < groupSize; i++) {
        levels[at + i] = 0;
      }
      return 0;
    }
    float inverse = -bound / max;
    float sumLX = 0;
    float sumL2 = 0;
    for (int i = 0; i < groupSize; i++) {
      float v = x[from + i];
      float w = v * v;
      int l = Rounding.nearest(inverse * v, -bound, bound - 1);
      levels[at + i] = (byte) l;
      sumLX += w * v * l;
      sumL2 += w * l * l;
    }
    boolean changed = true;
    for (int round = 0; round < ROUNDS && changed; round++) {
      changed = false;
      for (int i = 0; i < groupSize; i++) {
        float v = x[from + i];
        float w = v * v;
        int l = levels[at + i];
        float otherLX = sumLX - w * v * l;
        if (!(otherLX > 0)) {
          continue;
        }
        float otherL2 = sumL2 - w * l * l;
        int moved = Rounding.nearest(v * otherL2 / otherLX, -bound, bound - 1);
        if (moved == l) {
          continue;
        }
        otherLX += w * v * moved;
        otherL2 += w * moved * moved;
        if (otherL2 > 0 && otherLX * otherLX * sumL2 > sumLX * sumLX * otherL2) {
          levels[at + i] = (byte) moved;
          sumLX = otherLX;
          sumL2 = otherL2;
          changed = true;
        }
      }
    }
    for (int i = 0; i < groupSize; i++) {
      levels[at + i] += (byte) bound;
    }
    return sumL2 > 0 ? sumLX / sumL2 : 0;
  }
}
