package dev.zonda.verify.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Which vectors this machine has; decided once, so that the compiler sees constants.
///
/// The system property `zonda.vectorBits` (128, 256 or 512) overrides the choice, for tests and
/// diagnosis.
final class VectorWidth {
  /// Whether there are 32 vector registers instead of 16: AVX-512 and NEON have them. A kernel that
  /// needs more accumulators than there are registers runs at half the speed.
  static final boolean MANY_REGISTERS =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() == 512
          || System.getProperty("os.arch").equals("aarch64");

  private VectorWidth() {}

  static VectorSpecies<Float> species() {
    int bits =
        Integer.getInteger("zonda.vectorBits", FloatVector.SPECIES_PREFERRED.vectorBitSize());
    return switch (bits) {
      case 64, 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          throw new IllegalArgumentException(
              "zonda.vectorBits is " + bits + ", expected 0, 128, 256 or 512");
    };
  }
}
