package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.LinearAttention;

/// The gated delta rule: attention whose heads each keep a matrix of what they have read ("Gated
/// Delta Networks", section 3). Queries, keys and values are sums over the last few tokens; queries
/// and keys have length one.
///
/// @param heads what each head does
/// @param convolution tokens that sums take
/// @param factors how the matrices of decays and strengths are stored
/// @param norm of what heads read
public record GatedDelta(LinearAttention heads, int convolution, Factors factors, Norm norm)
    implements Attention {

  /// How the matrices that make decays and strengths are stored.
  public enum Factors {
    /// As `ssm_alpha` and `ssm_beta`.
    SPLIT,
    /// As `ssm_ba`: for each head of keys the strengths, then the decays, of its heads of values.
    JOINED
  }

  /// The sizes that the metadata name.
  public static GatedDelta of(Keys keys, LinearAttention.Sharing sharing, Factors factors)
      throws FormatException {
    int heads = keys.count("ssm.time_step_rank");
    int keyHeads = keys.count("ssm.group_count");
    int keyLength = keys.count("ssm.state_size");
    int inner = keys.count("ssm.inner_size");
    if (inner % heads != 0 || heads % keyHeads != 0) {
      throw keys.error(
          "has %d heads of keys and %d of values with %d features, which cannot be shared evenly"
              .formatted(keyHeads, heads, inner));
    }
    if (2L * keyHeads * keyLength + inner > Keys.MAX_COUNT) {
      throw keys.error(
          "has %d heads of keys of %d features, expected at most %d features of all"
              .formatted(keyHeads, keyLength, Keys.MAX_COUNT));
    }
    return new GatedDelta(
        new LinearAttention(
            keyHeads, heads, keyLength, inner / heads, LinearAttention.Update.DELTA, sharing),
        keys.count("ssm.conv_kernel"),
        factors,
        Norm.rms(keys));
  }

  public int keyFeatures() {
    return heads.keyHeads() * heads.keyLength();
  }

  public int valueFeatures() {
    return heads.heads() * heads.valueLength();
  }

  /// Features that pass the convolution: queries, keys and values.
  public int mixedFeatures() {
    return 2 * keyFeatures() + valueFeatures();
  }
}
