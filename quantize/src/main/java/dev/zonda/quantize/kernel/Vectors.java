package dev.zonda.quantize.kernel;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import jdk.incubator.vector.FloatVector;

/// Which vectors the kernels use: one choice for quantization and evaluation, by a rule that costs
/// no time. Vectors are as wide as the JVM prefers on this processor, up to 512 bits: it takes into
/// account where wider ones lower the clock, and what a measurement could add is less than it would
/// cost in warm-up.
///
/// Plain Java runs where vectors would be slower than that: without the optimizing compiler each
/// vector is an object; and where registers hold fewer than four floats. And it runs where there
/// are no vectors: the Vector API is an incubator module, there only if the JVM was started with
/// `--add-modules jdk.incubator.vector`. Classes that use it are not touched otherwise.
///
/// The system properties `zonda.vectorBits` and `zonda.vectorRegisters` overrule the rule, for
/// tests and diagnosis: all kernels run with every choice on every machine, to the same bits.
///
/// @param bits of a vector: 128, 256 or 512, or 0 for plain Java
/// @param registers vector registers of the processor, 16 or 32: a kernel with more sums than
///   registers runs at half the speed
/// @param reason for the choice, in words
public record Vectors(int bits, int registers, String reason) {
  /// System property: 128, 256 or 512, or 0 for plain Java.
  public static final String BITS = "zonda.vectorBits";

  /// System property: 16 or 32.
  public static final String REGISTERS = "zonda.vectorRegisters";

  private static final String MODULE = "jdk.incubator.vector";
  private static final int LEAST_BITS = 128;
  private static final int MOST_BITS = 512;
  private static final int FEW_REGISTERS = 16;
  private static final int MANY_REGISTERS = 32;

  /// What the choice depends on.
  ///
  /// @param module whether this JVM has the Vector API
  /// @param compiler whether it has its optimizing compiler, and uses it
  /// @param preferredBits what it prefers on this processor, asked only if it has the module
  /// @param architecture of the processor, as in the property `os.arch`
  /// @param wantedBits value of [#BITS], if set
  /// @param wantedRegisters value of [#REGISTERS], if set
  record Machine(
      boolean module,
      boolean compiler,
      OptionalInt preferredBits,
      String architecture,
      Optional<String> wantedBits,
      Optional<String> wantedRegisters) {
    static Machine here() {
      boolean module = ModuleLayer.boot().findModule(MODULE).isPresent();
      String mode = System.getProperty("java.vm.info", "");
      return new Machine(
          module,
          !mode.contains("interpreted mode") && !mode.contains("emulated-client"),
          module ? OptionalInt.of(Preferred.BITS) : OptionalInt.empty(),
          System.getProperty("os.arch", ""),
          Optional.ofNullable(System.getProperty(BITS)),
          Optional.ofNullable(System.getProperty(REGISTERS)));
    }
  }

  /// Loaded only where the module is present.
  private static final class Preferred {
    static final int BITS = FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }

  /// The choice for this machine.
  ///
  /// @throws IllegalArgumentException if a system property has a value that it cannot have
  public static Vectors chosen() {
    return of(Machine.here());
  }

  public static Vectors of(Machine machine) {
    OptionalInt wantedBits = number(BITS, machine.wantedBits(), List.of(0, 128, 256, 512));
    OptionalInt wantedRegisters =
        number(REGISTERS, machine.wantedRegisters(), List.of(FEW_REGISTERS, MANY_REGISTERS));
    int registers = wantedRegisters.orElse(registers(machine));
    if (!machine.module()) {
      return new Vectors(0, registers, "this JVM was started without --add-modules " + MODULE);
    }
    if (wantedBits.isPresent()) {
      return new Vectors(wantedBits.getAsInt(), registers, BITS + " asks for it");
    }
    int preferred = machine.preferredBits().orElseThrow();
    if (!machine.compiler()) {
      return new Vectors(0, registers, "this JVM runs without its optimizing compiler");
    }
    if (preferred < LEAST_BITS) {
      return new Vectors(0, registers, "this processor's vectors hold fewer than four floats");
    }
    String reason = "the JVM prefers " + preferred + " bits on this processor";
    return new Vectors(Math.min(preferred, MOST_BITS), registers, reason);
  }

  /// AVX-512 and NEON have 32 registers.
  private static int registers(Machine machine) {
    boolean many =
        machine.preferredBits().orElse(0) >= MOST_BITS || machine.architecture().equals("aarch64");
    return many ? MANY_REGISTERS : FEW_REGISTERS;
  }

  private static OptionalInt number(String property, Optional<String> value, List<Integer> legal) {
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        legal.stream()
            .filter(number -> number.toString().equals(value.get()))
            .findFirst()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "the system property %s is '%s', expected %s"
                        .formatted(
                            property,
                            value.get(),
                            legal.stream()
                                .map(String::valueOf)
                                .collect(Collectors.joining(" or "))))));
  }

  /// Whether kernels may keep more than a dozen sums in registers.
  public boolean hasManyRegisters() {
    return registers == MANY_REGISTERS;
  }

  /// The choice in words: `512-bit vectors in 32 registers`, `plain Java`.
  public String description() {
    return bits == 0 ? "plain Java" : "%d-bit vectors in %d registers".formatted(bits, registers);
  }
}
