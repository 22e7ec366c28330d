package dev.zonda.verify.kernels;

/// Picks the kernels for this machine.
public final class KernelChoice {
  private static final int SCALAR_LANES = 16;

  private KernelChoice() {}

  /// The fastest kernels here: vectors, or plain Java where the module `jdk.incubator.vector` was
  /// not added to this JVM, or where the system property `zonda.vectorBits` is 0.
  public static Kernels best() {
    boolean wanted = Integer.getInteger("zonda.vectorBits", -1) != 0;
    boolean present = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return wanted && present ? new VectorKernels() : new ScalarKernels(SCALAR_LANES);
  }
}
