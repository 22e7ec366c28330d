package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.CausalConvolution;
import java.io.IOException;

/// Sums over the last few tokens, with their weights `NAME.weight` (features, length) and
/// `NAME.bias`, if there is one.
record Convolution(CausalConvolution sums) {
  static Convolution of(Tensors tensors, String name, int features, int length)
      throws FormatException {
    return new Convolution(
        new CausalConvolution(
            features,
            length,
            tensors.vector(name + ".weight", features, length),
            tensors.optionalVector(name + ".bias", features)));
  }

  /// Sums without a bias.
  ///
  /// @param weights (features, length)
  static Convolution of(int features, int length, float[] weights) {
    return new Convolution(new CausalConvolution(features, length, weights, new float[0]));
  }

  /// Floats of the weights, which are held from the beginning to the end.
  static long heldFloats(long features, long length) {
    return features * length;
  }

  /// @param y other memory than that of `x`
  void run(Pass pass, Activations x, Activations y) throws IOException {
    TokenBatch batch = pass.batch();
    pass.machine()
        .eachStrip(
            x.strips(),
            (strip, scratch) -> sums.strip(batch.sequence(strip), strip, x, y, scratch));
  }
}
