package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

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
        assertThrows(IllegalArgumentException.class, () -> FileType.parse("Q7_0")).getMessage();
    assertTrue(message.startsWith("unknown file type 'Q7_0', choose one of F32, F16"), message);
    assertTrue(message.endsWith("COPY"), message);
  }

  @Test
  void onlyTheSmallestTypesNeedWeights() {
    assertTrue(FileType.Q2_K_S.requiresImportance(TensorType.Q2_K));
    assertFalse(FileType.Q2_K.requiresImportance(TensorType.Q2_K));
    assertTrue(FileType.IQ3_XS.requiresImportance(TensorType.IQ3_XXS));
    assertFalse(FileType.IQ3_XS.requiresImportance(TensorType.IQ3_S));
  }
}
