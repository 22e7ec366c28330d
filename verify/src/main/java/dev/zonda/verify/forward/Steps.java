package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;

/// How far states fade from token to token.
final class Steps {
  private Steps() {}

  /// `log(1 + exp(x))`.
  static double softplus(double x) {
    return x > 0 ? x + StrictMath.log1p(StrictMath.exp(-x)) : StrictMath.log1p(StrictMath.exp(x));
  }

  /// Logarithms of what is left: `rate * softplus(x + step)` in each lane.
  static void decays(Activations x, int xAt, float step, float rate, Activations y, int yAt) {
    for (int lane = 0; lane < x.lanes(); lane++) {
      y.values()[yAt + lane] = (float) (rate * softplus(x.values()[xAt + lane] + step));
    }
  }
}
