package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.ObjectNode;

/// Tokens with a role, and those that begin and end a document.
class SpecialTokensTest {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";

  @TempDir private Path temp;

  /// As early conversions of Llama have it: there is no padding token.
  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void aRoleMayHaveNoToken(Fidelity fidelity) throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp);
    Metadata without = folder.convert(fidelity, new Notes());
    folder.edit("config.json", config -> config.put("pad_token_id", -1));
    Notes notes = new Notes();
    assertEquals(without, folder.convert(fidelity, notes));
    assertFalse(without.entries().containsKey(TokenizerKeys.PADDING_ID));
    assertTrue(
        notes
            .list()
            .toString()
            .contains("pad_token_id is -1, which is not a token: it is left out"));
  }

  @Test
  void noOtherNegativeIdIsTaken() throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp);
    folder.edit("config.json", config -> config.put("pad_token_id", -2));
    FormatException problem =
        assertThrows(FormatException.class, () -> folder.convert(Fidelity.CORRECTED, new Notes()));
    assertTrue(problem.getMessage().contains("pad_token_id is -2"), problem.getMessage());
  }

  @Test
  void thePostProcessorIsBelievedAboutTheEnd() throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp);
    folder.edit(CONFIG, config -> config.put("add_eos_token", true));
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertEquals(Optional.of(false), metadata.bool(TokenizerKeys.ADD_EOS));
    assertTrue(notes.list().toString().contains("adds no EOS to a text"), notes.list().toString());
    assertArrayEquals(new int[] {1, 262}, folder.tokenizer().encodeDocument("a"));
    assertArrayEquals(new int[] {1, 262}, Tokenizer.of(metadata).encodeDocument("a"));
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(Optional.of(true), reference.bool(TokenizerKeys.ADD_EOS));
  }

  @Test
  void aTemplateMayEndADocument() throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp);
    folder.edit(TOKENIZER, tokenizer -> addToTemplate(tokenizer, "</s>", 2));
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertEquals(Optional.of(true), metadata.bool(TokenizerKeys.ADD_EOS));
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      assertArrayEquals(new int[] {1, 262, 2}, tokenizer.encodeDocument("a"));
    }
  }

  @Test
  void severalTokensHaveAKeyOfTheirOwn() throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp);
    folder.edit(
        TOKENIZER,
        tokenizer -> {
          addToTemplate(tokenizer, "<unk>", 0);
          addToTemplate(tokenizer, "</s>", 2);
        });
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertTrue(metadata.entries().containsKey(TokenizerKeys.SUFFIX));
    assertTrue(notes.list().toString().contains("puts the tokens [0, 2] next to a text"));
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      assertArrayEquals(new int[] {1, 262, 0, 2}, tokenizer.encodeDocument("a"));
      assertEquals(OptionalInt.of(1), tokenizer.beginning());
    }
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertFalse(reference.entries().containsKey(TokenizerKeys.SUFFIX));
  }

  private static void addToTemplate(ObjectNode tokenizer, String text, int id) {
    ObjectNode processor = (ObjectNode) tokenizer.path("post_processor");
    processor
        .withArray("single")
        .addObject()
        .putObject("SpecialToken")
        .put("id", text)
        .put("type_id", 0);
    ObjectNode token = ((ObjectNode) processor.path("special_tokens")).putObject(text);
    token.put("id", text);
    token.putArray("ids").add(id);
    token.putArray("tokens").add(text);
  }
}
