package dev.zonda.quantize.block;

import jdk.incubator.vector.FloatVector;

/// Chooses the kernels, once, by a rule that costs no time: vectors of the width that the JVM
/// prefers on this processor, up to 512 bits. The JVM takes into account where wider vectors lower
/// the clock; what a measurement could add is less than it would cost in warm-up.
///
/// Plain Java runs where vectors would be slower than that: without the optimizing compiler each
/// vector is an object; and where registers hold less than four floats. And it runs where there are
/// no vectors: the Vector API is an incubator module, there only if the JVM was started with
/// `--add-modules jdk.incubator.vector`. Classes that use it are not touched otherwise.
final class KernelChoice {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /// System property for tests and diagnosis: 128, 256 or 512, or 0 for plain Java.
  static final String VECTOR_BITS = "zonda.vectorBits";

  static final Kernels KERNELS = choose();

  private KernelChoice() {}

  private static Kernels choose() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      return new ScalarKernels();
    }
    Integer bits = Integer.getInteger(VECTOR_BITS);
    boolean vectors = bits != null ? bits != 0 : compilesWell() && Wide.PREFERRED;
    return vectors ? new VectorKernels() : new ScalarKernels();
  }

  /// Whether the JVM has its optimizing compiler and uses it.
  private static boolean compilesWell() {
    String mode = System.getProperty("java.vm.info", "");
    return !mode.contains("interpreted mode") && !mode.contains("emulated-client");
  }

  /// Loaded only where the module is present.
  private static final class Wide {
    static final boolean PREFERRED = FloatVector.SPECIES_PREFERRED.length() >= 4;
  }
}
