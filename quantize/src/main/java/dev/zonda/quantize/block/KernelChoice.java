package dev.zonda.quantize.block;

/// Chooses the kernels, once.
///
/// The Vector API is an incubator module: it is there only if the JVM was started with
/// `--add-modules jdk.incubator.vector`. Classes that use it are not touched otherwise.
final class KernelChoice {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /// System property for tests and diagnosis: 128, 256 or 512, or 0 for plain Java.
  static final String VECTOR_BITS = "zonda.vectorBits";

  static final Kernels KERNELS = choose();

  private KernelChoice() {}

  private static Kernels choose() {
    boolean present = ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
    boolean wanted = Integer.getInteger(VECTOR_BITS, -1) != 0;
    return present && wanted ? new VectorKernels() : new ScalarKernels();
  }
}
