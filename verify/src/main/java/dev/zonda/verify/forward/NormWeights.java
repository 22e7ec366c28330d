package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.network.Norm;
import java.util.Arrays;

/// A norm and its weights.
///
/// @param weight a factor per feature
/// @param bias a summand per feature of a layer norm: zeros where it has none
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record NormWeights(Norm norm, float[] weight, float[] bias) {
  /// A norm without weights.
  static NormWeights unweighted(int features, Norm norm) {
    float[] ones = new float[features];
    Arrays.fill(ones, 1);
    return new NormWeights(norm, ones, noBias(features, norm));
  }

  /// The biases of a norm that has none.
  static float[] noBias(int features, Norm norm) {
    return new float[(int) biasFloats(features, norm)];
  }

  /// Floats of what all norms without weights share.
  static long sharedFloats(long features, Norm norm) {
    return switch (norm.kind()) {
      case RMS, LAYER -> 0;
      case UNWEIGHTED_LAYER -> 2 * features;
    };
  }

  /// Biases of a norm, whether they are there or not.
  static long biasFloats(long features, Norm norm) {
    return switch (norm.kind()) {
      case RMS -> 0;
      case LAYER, UNWEIGHTED_LAYER -> features;
    };
  }

  /// Norms neighbouring features of one strip.
  void apply(Kernels kernels, float[] x, int xAt, float[] y, int yAt) {
    switch (norm.kind()) {
      case RMS -> kernels.rmsNorm(x, xAt, weight.length, weight, norm.epsilon(), y, yAt);
      case LAYER, UNWEIGHTED_LAYER ->
          kernels.layerNorm(
              x, xAt, weight.length, new Kernels.Affine(weight, bias), norm.epsilon(), y, yAt);
    }
  }
}
