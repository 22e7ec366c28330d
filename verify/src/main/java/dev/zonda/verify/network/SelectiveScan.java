package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.ActivationFunction;

/// Mamba: a state-space model whose channels each keep a few numbers, and that chooses by its input
/// how long it remembers ("Mamba: Linear-Time Sequence Modeling with Selective State Spaces"). Its
/// input is a sum over the last few tokens.
///
/// @param inner channels
/// @param stateLength numbers that each channel keeps
/// @param rank features that steps of all channels are made of
/// @param convolution tokens that sums take
/// @param activation of these sums
/// @param norms of what steps, writing and reading are made of
/// @param norm the formula of these norms
public record SelectiveScan(
    int inner,
    int stateLength,
    int rank,
    int convolution,
    Activation activation,
    Norms norms,
    Norm norm)
    implements Attention {

  /// Norms of what steps, writing and reading are made of, each by itself.
  public enum Norms {
    NONE,
    UNWEIGHTED,
    /// With weights `ssm_dt_norm`, `ssm_b_norm` and `ssm_c_norm`.
    WEIGHTED
  }

  /// The sizes that the metadata name.
  public static SelectiveScan of(Keys keys, Norms norms) throws FormatException {
    int inner = keys.count("ssm.inner_size");
    int stateLength = keys.count("ssm.state_size");
    int rank = keys.count("ssm.time_step_rank");
    if (2L * inner > Keys.MAX_COUNT || rank + 2L * stateLength > Keys.MAX_COUNT) {
      throw keys.error(
          "has %d channels with states of %d numbers and steps of %d, expected at most %d of all"
              .formatted(inner, stateLength, rank, Keys.MAX_COUNT));
    }
    Norm usual = Norm.rms(keys);
    Norm norm =
        new Norm(usual.kind(), (float) keys.number("ssm.dt_b_c_rms_epsilon", usual.epsilon()));
    return new SelectiveScan(
        inner,
        stateLength,
        rank,
        keys.count("ssm.conv_kernel"),
        FeedForward.activation(keys, ActivationFunction.SILU),
        norms,
        norm);
  }

  /// Features that make steps, and those that write and read.
  public int choices() {
    return rank + 2 * stateLength;
  }
}
