package dev.zonda.verify.kernels;

import dev.zonda.quantize.kernel.Vectors;

/// Picks the kernels for this machine.
public final class KernelChoice {
  private static final int SCALAR_LANES = 16;

  private KernelChoice() {}

  /// The fastest kernels here: of the vectors that were chosen, or in plain Java.
  ///
  /// @throws IllegalArgumentException if a system property of [Vectors] has an impossible value
  public static Kernels best() {
    return Vectors.chosen().bits() == 0 ? new ScalarKernels(SCALAR_LANES) : new VectorKernels();
  }
}
