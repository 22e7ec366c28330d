package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/// Roles of tokens by their texts.
class NamedRolesTest {
  private static final Map<String, Integer> IDS = Map.of("<|endoftext|>", 7, "<|user|>", 9);

  private final SpecialTokens special =
      new SpecialTokens(List.of(SpecialTokenKind.values()), OptionalInt.empty(), new Notes());

  private void give(Map<String, Integer> ids, Fidelity fidelity) throws FormatException {
    NamedRoles.of(VocabularyForm.GLM_4)
        .give(
            text -> ids.containsKey(text) ? OptionalInt.of(ids.get(text)) : OptionalInt.empty(),
            Path.of("model"),
            fidelity,
            special);
  }

  @Test
  void rolesOfFilesStay() throws FormatException {
    special.setId(SpecialTokenKind.EOS, 3);
    give(IDS, Fidelity.CORRECTED);
    assertEquals(OptionalInt.of(3), special.id(SpecialTokenKind.EOS));
    assertEquals(OptionalInt.of(9), special.id(SpecialTokenKind.EOT));
    assertEquals(OptionalInt.of(7), special.id(SpecialTokenKind.UNK));
    assertEquals(OptionalInt.of(7), special.id(SpecialTokenKind.BOS));
  }

  @Test
  void aMissingTokenMattersToTheReferenceAlone() throws FormatException {
    give(Map.of("<|endoftext|>", 7), Fidelity.CORRECTED);
    assertEquals(OptionalInt.empty(), special.id(SpecialTokenKind.EOT));
    FormatException refused =
        assertThrows(
            FormatException.class, () -> give(Map.of("<|endoftext|>", 7), Fidelity.AS_REFERENCE));
    assertEquals(
        "model: has no token '<|user|>', without which llama.cpp's converter fails: leave out"
            + " --as-reference",
        refused.getMessage());
  }

  @Test
  void otherFormsHaveNone() {
    List<VocabularyForm> named =
        Arrays.stream(VocabularyForm.values())
            .filter(form -> !NamedRoles.of(form).all().isEmpty())
            .toList();
    assertEquals(
        List.of(
            VocabularyForm.GLM_4,
            VocabularyForm.CHATGLM,
            VocabularyForm.GLM_4_5,
            VocabularyForm.SOLAR_OPEN),
        named);
  }
}
