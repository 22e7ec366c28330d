package dev.zonda.quantize.kernel;

/// Picks the kernels for this machine, once.
public final class KernelChoice {
  public static final Kernels KERNELS =
      Vectors.chosen().bits() == 0 ? new ScalarKernels() : new VectorKernels();

  private KernelChoice() {}
}
