package dev.zonda.verify.kernels;

/// The activation of gpt-oss: both parts are bounded, the sigmoid is steeper, and one is added to
/// the part without it.
///
/// @param limit bound of the gate from above, and of the other part on both sides
/// @param steepness factor within the sigmoid
public record BoundedSilu(float limit, float steepness) implements Activation {
  @Override
  public void gate(Kernels kernels, float[] gate, int gateAt, float[] up, int upAt, int count) {
    kernels.boundedSwiGlu(gate, gateAt, up, upAt, count, limit, steepness);
  }

  @Override
  public void apply(Kernels kernels, float[] x, int at, int count) {
    throw new UnsupportedOperationException("no network has it without a gate");
  }
}
