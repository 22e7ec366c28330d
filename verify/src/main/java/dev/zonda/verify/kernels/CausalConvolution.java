package dev.zonda.verify.kernels;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.Arrays;

/// Makes each feature of a token from the same feature of the last few tokens, itself included:
/// `y[t] = bias + sum over j of weights[j] x[t - length + 1 + j]`, with zeros before the sequence.
///
/// @param features of a token
/// @param length how many tokens a sum takes
/// @param weights (features, length)
/// @param bias (features), or empty
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
public record CausalConvolution(int features, int length, float[] weights, float[] bias) {

  /// Floats of scratch memory that each thread takes.
  public static long scratchFloats(long length, int lanes) {
    return length - 1 + lanes;
  }

  /// Computes one strip.
  ///
  /// @param y other memory than that of `x`
  public void strip(Sequence sequence, int strip, Activations x, Activations y, Scratch scratch) {
    int lanes = x.lanes();
    int before = length - 1;
    float[] window = scratch.floats(Math.toIntExact(scratchFloats(length, lanes)));
    int start = (strip - sequence.firstStrip()) * lanes;
    for (int feature = 0; feature < features; feature++) {
      for (int i = 0; i < before; i++) {
        int position = start - before + i;
        window[i] =
            position < 0
                ? 0
                : x.values()[
                    x.at(sequence.firstStrip() + position / lanes, feature) + position % lanes];
      }
      System.arraycopy(x.values(), x.at(strip, feature), window, before, lanes);
      int at = y.at(strip, feature);
      Arrays.fill(y.values(), at, at + lanes, bias.length == 0 ? 0 : bias[feature]);
      for (int tap = 0; tap < length; tap++) {
        float weight = weights[feature * length + tap];
        for (int lane = 0; lane < lanes; lane++) {
          y.values()[at + lane] = Math.fma(weight, window[lane + tap], y.values()[at + lane]);
        }
      }
    }
  }
}
