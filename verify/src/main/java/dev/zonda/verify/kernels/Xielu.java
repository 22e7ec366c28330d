package dev.zonda.verify.kernels;

/// The activation xIELU: above zero `square * x² + linear * x`, else `(exp(min(x, end)) - 1 - x) *
/// exponential + linear * x`. The same Java for every machine.
///
/// @param exponential factor below zero
/// @param square factor above zero
/// @param linear factor on both sides
/// @param end where the exponential function ends
public record Xielu(float exponential, float square, float linear, float end)
    implements Activation {
  /// Where the polynomial of [Exponential] needs no power of two: half of ln 2.
  private static final float NEAR = -0.34f;

  /// With the numbers that a checkpoint holds.
  ///
  /// @param alphaN of which the softplus and the linear factor make the exponential one
  /// @param alphaP of which the softplus is the square factor
  public static Xielu of(float alphaN, float alphaP, float beta, float eps) {
    return new Xielu(beta + softplus(alphaN), softplus(alphaP), beta, eps);
  }

  private static float softplus(float x) {
    return x > 20 ? x : (float) StrictMath.log1p(StrictMath.exp(x));
  }

  @Override
  public void gate(Kernels kernels, float[] gate, int gateAt, float[] up, int upAt, int count) {
    apply(kernels, gate, gateAt, count);
    kernels.multiply(gate, gateAt, up, upAt, count);
  }

  @Override
  public void apply(Kernels kernels, float[] x, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] = of(x[i]);
    }
  }

  private float of(float x) {
    if (x > 0) {
      return square * x * x + linear * x;
    }
    return (exponentialMinusOne(Math.min(x, end)) - x) * exponential + linear * x;
  }

  /// Near zero without the one that would be taken away again.
  private static float exponentialMinusOne(float x) {
    return x < NEAR ? Exponential.exp(x) - 1 : Exponential.nearZeroMinusOne(x);
  }
}
