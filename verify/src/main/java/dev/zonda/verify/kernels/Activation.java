package dev.zonda.verify.kernels;

/// The function between the matrices of a feed-forward network.
public sealed interface Activation
    permits ActivationFunction, BoundedSilu, ClampedSilu, LimitedSilu, Xielu {
  /// `gate = activation(gate) * up`, in place.
  void gate(Kernels kernels, float[] gate, int gateAt, float[] up, int upAt, int count);

  /// `x = activation(x)`, in place.
  void apply(Kernels kernels, float[] x, int at, int count);
}
