package dev.zonda.quantize.block;

import dev.zonda.quantize.kernel.Vectors;

/// Picks the kernels for this machine, once.
final class KernelChoice {
  static final Kernels KERNELS =
      Vectors.chosen().bits() == 0 ? new ScalarKernels() : new VectorKernels();

  private KernelChoice() {}
}
