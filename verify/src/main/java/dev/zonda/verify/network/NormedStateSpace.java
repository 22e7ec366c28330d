package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.LinearAttention;

/// State spaces of PLaMo 2: heads keep states as those of [StateSpace] do. But only their input is
/// summed over the last few tokens, and what writes and reads states, and the steps of time, are
/// made of these sums, and normed.
///
/// @param heads what each head does
/// @param convolution tokens that sums take
/// @param stepFeatures features that the steps of all heads are made of
/// @param norm of what writes, of what reads, and of what steps are made of
public record NormedStateSpace(LinearAttention heads, int convolution, int stepFeatures, Norm norm)
    implements Attention {
  private static final int LEAST_STEP_FEATURES = 64;

  /// A token of so many features has one from which steps are made.
  private static final int PART_OF_HIDDEN = 16;

  /// The sizes that the metadata name.
  public static NormedStateSpace of(Keys keys) throws FormatException {
    int heads = keys.count("ssm.time_step_rank");
    int stateLength = keys.count("ssm.state_size");
    int inner = keys.count("ssm.inner_size");
    if (inner % heads != 0) {
      throw keys.error(
          "has %d heads with %d features, which cannot be shared evenly".formatted(heads, inner));
    }
    if (keys.countOrZero("ssm.group_count") != 0) {
      throw keys.error("has groups of heads of state spaces, expected none");
    }
    if (2L * stateLength > Keys.MAX_COUNT || 2L * inner > Keys.MAX_COUNT) {
      throw keys.error(
          "has states of %d features and %d of heads, expected at most %d"
              .formatted(stateLength, inner, Keys.MAX_COUNT / 2));
    }
    return new NormedStateSpace(
        new LinearAttention(
            1,
            heads,
            stateLength,
            inner / heads,
            LinearAttention.Update.ADD,
            LinearAttention.Sharing.NEIGHBOURS),
        keys.count("ssm.conv_kernel"),
        Math.max(LEAST_STEP_FEATURES, keys.hidden() / PART_OF_HIDDEN),
        Norm.rms(keys));
  }

  /// Features of the input of all heads.
  public int innerFeatures() {
    return heads.heads() * heads.valueLength();
  }

  /// Features that are made of the sums: those that write states, that read them, and that steps
  /// are made of.
  public int madeFeatures() {
    return 2 * heads.keyLength() + stepFeatures;
  }
}
