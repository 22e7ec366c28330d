package dev.zonda.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VectorsTest {
  private static final Optional<String> UNSET = Optional.empty();

  @ParameterizedTest
  @CsvSource({
    "128, amd64, 128, 16",
    "256, amd64, 256, 16",
    "512, amd64, 512, 32",
    "128, aarch64, 128, 32",
    "2048, aarch64, 512, 32",
    "64, arm, 0, 16"
  })
  void theProcessorDecides(int preferred, String architecture, int bits, int registers) {
    Vectors vectors = Vectors.of(machine(preferred, architecture, UNSET, UNSET));
    assertEquals(bits, vectors.bits());
    assertEquals(registers, vectors.registers());
  }

  @ParameterizedTest
  @CsvSource({"0, 16", "128, 32", "256, 32", "512, 16"})
  void propertiesOverruleIt(int bits, int registers) {
    Vectors vectors =
        Vectors.of(
            machine(
                256,
                "amd64",
                Optional.of(Integer.toString(bits)),
                Optional.of(Integer.toString(registers))));
    assertEquals(new Vectors(bits, registers, "zonda.vectorBits asks for it"), vectors);
  }

  @ParameterizedTest
  @CsvSource({"64", "1024", "''", "many", "-1", "0x80"})
  void otherValuesAreErrors(String bits) {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Vectors.of(machine(256, "amd64", Optional.of(bits), UNSET)));
    assertEquals(
        "the system property zonda.vectorBits is '" + bits + "', expected 0 or 128 or 256 or 512",
        error.getMessage());
  }

  @Test
  void aBadPropertyIsAnErrorWithoutVectorsToo() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Vectors.of(
                new Vectors.Machine(
                    false, true, OptionalInt.empty(), "amd64", UNSET, Optional.of("8"))));
  }

  @Test
  void plainJavaRunsWithoutTheModuleOrTheCompiler() {
    Vectors.Machine noModule =
        new Vectors.Machine(false, true, OptionalInt.empty(), "amd64", Optional.of("256"), UNSET);
    assertEquals(
        new Vectors(0, 16, "this JVM was started without --add-modules jdk.incubator.vector"),
        Vectors.of(noModule));
    Vectors.Machine noCompiler =
        new Vectors.Machine(true, false, OptionalInt.of(512), "amd64", UNSET, UNSET);
    assertEquals(
        new Vectors(0, 32, "this JVM runs without its optimizing compiler"),
        Vectors.of(noCompiler));
  }

  private static Vectors.Machine machine(
      int preferred, String architecture, Optional<String> bits, Optional<String> registers) {
    return new Vectors.Machine(
        true, true, OptionalInt.of(preferred), architecture, bits, registers);
  }
}
