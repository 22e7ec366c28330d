package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Folders as transformers 5 saves them: the vocabulary of SentencePiece's is in tokenizer.json
/// only.
class HuggingFaceVocabularyTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "phi3"})
  void standsForTheModelFile(String name) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp);
    Metadata withModel = folder.convert(Fidelity.CORRECTED, new Notes());
    folder.delete("tokenizer.model");
    folder.edit("tokenizer_config.json", config -> config.remove("added_tokens_decoder"));
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertTrue(
        notes.list().toString().contains("llama.cpp's converter fails without tokenizer.model"));
    assertEquals(
        withModel.array(TokenizerKeys.TOKENS).orElseThrow(),
        metadata.array(TokenizerKeys.TOKENS).orElseThrow());
    assertEquals(
        withModel.bool(TokenizerKeys.ADD_SPACE_PREFIX),
        metadata.bool(TokenizerKeys.ADD_SPACE_PREFIX));
    List<TokenType> types = TokenizerFolder.types(metadata);
    List<TokenType> typesOfModel = TokenizerFolder.types(withModel);
    for (int id = 0; id < types.size(); id++) {
      assertEquals(typesOfModel.get(id), types.get(id), "token " + id);
    }
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      for (int i = 0; i < folder.strings().size(); i++) {
        int[] ids = tokenizer.encode(folder.strings().get(i), Tokenizer.ControlNames.TOKENS);
        assertArrayEquals(folder.ids(i), ids, folder.strings().get(i));
      }
    }
  }

  @Test
  void isBelievedBesideAnotherModelFile() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("gemma2", temp);
    folder.edit(
        "tokenizer.json",
        tokenizer -> {
          var vocabulary = tokenizer.withObject("model").withObject("vocab");
          int id = vocabulary.path("\u2581the").intValue();
          vocabulary.remove("\u2581the");
          vocabulary.put("\u2581THE", id);
        });
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertTrue(
        notes
            .list()
            .toString()
            .contains("is '\u2581THE' in tokenizer.json, but '\u2581the' in tokenizer.model"),
        notes.list().toString());
    assertTrue(metadata.array(TokenizerKeys.TOKENS).orElseThrow().toString().contains("\u2581THE"));
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(
        TokenizerFolder.copy("gemma2", temp.resolve("sound"))
            .convert(Fidelity.AS_REFERENCE, new Notes()),
        reference);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"vocab\":{ | \"vocab\":{\"far\":99999, | do not run from 0 without gaps",
        "\"merges\":[ | \"merges\":[\"a\", | expected",
        "\"type\":\"TemplateProcessing\" | \"type\":\"Magic\" | post_processor.type is Magic",
        "\"ids\":[2] | \"ids\":[-2] | holds -2, expected ids of tokens",
      })
  void hostileFilesAreOneLine(String found, String replacement, String message) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("gemma2", temp);
    folder.delete("tokenizer.model");
    folder.replace("tokenizer.json", found, replacement);
    FormatException problem = assertThrows(FormatException.class, folder::tokenizer);
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }
}
