package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.LinearAttention;
import java.util.Optional;

/// Mamba-2: a state-space model whose heads each keep a matrix that fades ("Transformers are
/// SSMs"). Its input, and the vectors by which the state is written and read, are sums over the
/// last few tokens. In the words of attention, the input `x` has values, `B` keys and `C` queries.
///
/// @param heads what each head does
/// @param convolution tokens that sums take
/// @param leastStep bound of the steps of time
/// @param mostStep likewise; infinite if there is none
/// @param norm of what heads read, if it is normed
public record StateSpace(
    LinearAttention heads,
    int convolution,
    float leastStep,
    float mostStep,
    Optional<GatedNorm> norm)
    implements Attention {

  /// A norm of what heads read, with weights `ssm_norm`.
  ///
  /// @param groups of features that are normed each by itself
  /// @param place of the norm
  public record GatedNorm(Norm norm, int groups, Place place) {}

  /// Where the norm stands.
  public enum Place {
    /// Before what is read is multiplied by its gate.
    BEFORE_GATE,
    AFTER_GATE
  }

  /// The sizes that the metadata name.
  public static StateSpace of(Keys keys, Optional<GatedNorm> norm) throws FormatException {
    int heads = keys.count("ssm.time_step_rank");
    int groups = keys.count("ssm.group_count");
    int stateLength = keys.count("ssm.state_size");
    int inner = keys.count("ssm.inner_size");
    if (inner % heads != 0 || heads % groups != 0) {
      throw keys.error(
          "has %d groups and %d heads with %d features, which cannot be shared evenly"
              .formatted(groups, heads, inner));
    }
    if (2L * inner + 2L * groups * stateLength + heads > Keys.MAX_COUNT) {
      throw keys.error(
          "has %d groups of states of %d features, expected at most %d features of all"
              .formatted(groups, stateLength, Keys.MAX_COUNT));
    }
    double least = keys.signed("ssm.time_step_min", 0);
    double most = keys.number("ssm.time_step_max", Double.POSITIVE_INFINITY);
    if (least > most) {
      throw keys.error(
          "%s is %s and %s is %s, expected the former to be no more than the latter"
              .formatted(
                  keys.key("ssm.time_step_min"), least, keys.key("ssm.time_step_max"), most));
    }
    return new StateSpace(
        new LinearAttention(
            groups,
            heads,
            stateLength,
            inner / heads,
            LinearAttention.Update.ADD,
            LinearAttention.Sharing.NEIGHBOURS),
        keys.count("ssm.conv_kernel"),
        (float) least,
        (float) most,
        norm);
  }

  /// Features of the input of all heads.
  public int innerFeatures() {
    return heads.heads() * heads.valueLength();
  }

  /// Features of the vectors by which states are written, or read.
  public int stateFeatures() {
    return heads.keyHeads() * heads.keyLength();
  }

  /// Features that pass the convolution.
  public int mixedFeatures() {
    return innerFeatures() + 2 * stateFeatures();
  }
}
