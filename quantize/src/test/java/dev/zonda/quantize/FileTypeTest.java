package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorType;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FileTypeTest {
  @Test
  void thereAreThirtyFiveWithDifferentIdsAndCopy() {
    assertEquals(36, FileType.values().length);
    assertEquals(36, Arrays.stream(FileType.values()).map(FileType::id).distinct().count());
  }

  @Test
  void namesAreReadInEitherCase() {
    assertEquals(FileType.Q4_K_M, FileType.parse("q4_k_m"));
    assertEquals(FileType.IQ2_XXS, FileType.parse(" Iq2_Xxs "));
  }

  @Test
  void shortNamesMeanTheMediumMixture() {
    assertEquals(FileType.Q3_K_M, FileType.parse("Q3_K"));
    assertEquals(FileType.Q4_K_M, FileType.parse("q4_k"));
    assertEquals(FileType.Q5_K_M, FileType.parse("Q5_K"));
    assertEquals(FileType.Q2_K, FileType.parse("Q2_K"));
  }

  @Test
  void anUnknownNameIsAnsweredWithAllNames() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> FileType.parse("Q99")).getMessage();
    assertTrue(message.startsWith("unknown file type 'Q99', choose one of F32, F16"), message);
    assertTrue(message.endsWith("COPY"), message);
  }

  @ParameterizedTest
  @CsvSource({
    "Q4KM, Q4_K_M",
    "q4-k-m, Q4_K_M",
    "Q4K, Q4_K_M",
    "q8, Q8_0",
    "int8, Q8_0",
    "int4, Q4_K_M",
    "4bit, Q4_K_M",
    "4-bit, Q4_K_M",
    "nf4, Q4_K_M",
    "fp16, F16",
    "bfloat16, BF16",
    "float32, F32",
    "iq2xxs, IQ2_XXS",
    "mxfp4, MXFP4_MOE",
    "Q7_0, Q8_0",
    "Q8_1, Q8_0",
  })
  void slipsAndNamesOfOtherProgramsAreSeenThrough(String name, FileType meant) {
    assertEquals(Optional.of(meant.name()), FileType.meant(name));
    String message =
        assertThrows(IllegalArgumentException.class, () -> FileType.parse(name)).getMessage();
    assertTrue(message.contains("(did you mean " + meant + "?)"), message);
  }

  /// People leave out how the bits are stored: `IQ4`, `TQ1`, `mxfp4`.
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "COPY")
  void theBeginningOfANameIsSeenThrough(FileType type) {
    String beginning = type.name().replaceFirst("_.*", "");
    String meant =
        FileType.meant(beginning)
            .orElseThrow(
                () -> new AssertionError("FileType.meant has nothing for '" + beginning + "'"));
    assertTrue(meant.startsWith(beginning), beginning + " is taken for " + meant);
  }

  @Test
  void onlyTheSmallestTypesNeedWeights() {
    assertTrue(FileType.Q2_K_S.requiresImportance(TensorType.Q2_K));
    assertFalse(FileType.Q2_K.requiresImportance(TensorType.Q2_K));
    assertTrue(FileType.IQ3_XS.requiresImportance(TensorType.IQ3_XXS));
    assertFalse(FileType.IQ3_XS.requiresImportance(TensorType.IQ3_S));
  }
}
