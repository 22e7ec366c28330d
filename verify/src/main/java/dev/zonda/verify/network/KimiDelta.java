package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.ChannelDelta;

/// Kimi delta attention: the gated delta rule with a decay for each feature of keys ("Kimi Linear",
/// section 4). Queries, keys and values are sums over the last few tokens; queries and keys have
/// length one. Decays and gates are made by two matrices each, through as many features as a head
/// has.
///
/// @param heads what each head does
/// @param convolution tokens that sums take
/// @param activation of the sums
/// @param norm of what heads read
public record KimiDelta(ChannelDelta heads, int convolution, Activation activation, Norm norm)
    implements Attention {

  /// The sizes that the metadata name.
  public static KimiDelta of(Keys keys) throws FormatException {
    int heads = keys.count("kda.head_count", keys.count("attention.head_count"));
    int length = keys.count("kda.head_dim");
    if (3L * heads * length > Keys.MAX_COUNT) {
      throw keys.error(
          "has %d heads of %d features, expected at most %d features of all"
              .formatted(heads, length, Keys.MAX_COUNT));
    }
    return new KimiDelta(
        new ChannelDelta(heads, length, length),
        keys.count("ssm.conv_kernel"),
        FeedForward.activation(keys, ActivationFunction.SILU),
        Norm.rms(keys));
  }

  /// Features of queries, of keys, and of values.
  public int features() {
    return heads.heads() * heads.keyLength();
  }

  /// Features between the two matrices that make decays, or gates.
  public int rank() {
    return heads.keyLength();
  }
}
