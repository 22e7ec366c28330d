package dev.zonda.verify.kernels;

/// SiLU of a gate, bounded from above, times a part that is bounded on both sides.
public record LimitedSilu(float limit) implements Activation {
  @Override
  public void gate(Kernels kernels, float[] gate, int gateAt, float[] up, int upAt, int count) {
    ActivationFunction.SILU.apply(kernels, gate, gateAt, count);
    kernels.clamp(gate, gateAt, count, Float.NEGATIVE_INFINITY, limit);
    kernels.clamp(up, upAt, count, -limit, limit);
    kernels.multiply(gate, gateAt, up, upAt, count);
  }

  @Override
  public void apply(Kernels kernels, float[] x, int at, int count) {
    throw new UnsupportedOperationException("no network has it without a gate");
  }
}
