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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/// Spaces before texts and beside tokens. The ids are those of transformers.
class SpaceSchemeTest {
  private static final String TOKENIZER = "tokenizer.json";

  @TempDir private Path temp;

  /// As Mistral 7B v0.3 has it.
  @Test
  void oneSpaceAtTheBeginningOnly() throws IOException {
    TokenizerFolder folder = metaspace("first");
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertEquals(Optional.of("first"), metadata.text(TokenizerKeys.PREPEND_SCHEME));
    assertEquals(1, notes.list().stream().filter(line -> line.contains("'first'")).count());
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      assertTokens(tokenizer, "<s>x", 1, 446);
      assertTokens(tokenizer, " x", 392, 446);
      assertTokens(tokenizer, "x", 392, 446);
      assertTokens(tokenizer, "</s> x", 2, 392, 446);
      assertTokens(tokenizer, "a<s>x", 262, 1, 446);
      assertEquals("x y", tokenizer.decode(tokenizer.encode("x y")));
    }
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertFalse(reference.entries().containsKey(TokenizerKeys.PREPEND_SCHEME));
  }

  @ParameterizedTest
  @CsvSource({"always, true", "never, false"})
  void otherSchemesAreFollowed(String scheme, boolean prefixes) throws IOException {
    TokenizerFolder folder = metaspace(scheme);
    Metadata metadata = folder.convert(Fidelity.CORRECTED, new Notes());
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      int[] between = prefixes ? new int[] {1, 392, 446} : new int[] {1, 446};
      assertTokens(tokenizer, "<s>x", between);
      assertTokens(tokenizer, "<s> x", 1, 392, 446);
    }
  }

  @Test
  void anUnknownSchemeIsSaid() throws IOException {
    TokenizerFolder folder = metaspace("sometimes");
    Notes notes = new Notes();
    folder.convert(Fidelity.CORRECTED, notes);
    assertTrue(
        notes.list().toString().contains("tokenizer.json applies pre-tokenizer Metaspace before"),
        notes.list().toString());
    FormatException problem = assertThrows(FormatException.class, folder::tokenizer);
    assertTrue(problem.getMessage().contains("cannot tokenize with it"), problem.getMessage());
  }

  @Test
  void fieldsOfGgufFilesAreChecked() throws IOException {
    Metadata metadata = metaspace("first").convert(Fidelity.CORRECTED, new Notes());
    Metadata broken =
        metadata.toBuilder().putText(TokenizerKeys.PREPEND_SCHEME, "sometimes").build();
    FormatException problem = assertThrows(FormatException.class, () -> Tokenizer.of(broken));
    assertTrue(problem.getMessage().contains("'first'"), problem.getMessage());
  }

  /// To Unicode, these are no white space; to Java and Python, they are.
  @Test
  void separatorsOfTheControlCodesAreNotStripped() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("phi3", temp);
    Metadata metadata = folder.convert(Fidelity.CORRECTED, new Notes());
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      assertTokens(
          tokenizer, "<|user|>\n\u001c\u001d\u001e\u001f x", 485, 404, 31, 32, 33, 34, 404, 458);
      assertTokens(tokenizer, "<|user|> \u001fx\n", 485, 404, 34, 458, 13);
      assertTokens(tokenizer, "a <|end|> b", 262, 404, 484, 271);
    }
  }

  /// Runs of white space are tokens, but are looked for later.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whiteSpaceThatIsATokenIsStripped(boolean inDecoder) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("mpt", temp);
    folder.edit(
        TOKENIZER, tokenizer -> ((ObjectNode) tokenizer.at("/added_tokens/0")).put("lstrip", true));
    folder.edit(
        "tokenizer_config.json",
        config -> {
          if (inDecoder) {
            ((ObjectNode) config.at("/added_tokens_decoder/0")).put("lstrip", true);
          } else {
            config.remove("added_tokens_decoder");
          }
        });
    Metadata metadata = folder.convert(Fidelity.CORRECTED, new Notes());
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      assertTokens(tokenizer, "a    <|endoftext|>  b", 66, 0, 539, 67);
      assertTokens(tokenizer, "x \t<|endoftext|>", 89, 0);
      assertTokens(tokenizer, "x     <|endoftext|>", 89, 0);
    }
  }

  private TokenizerFolder metaspace(String scheme) throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp);
    folder.edit(
        TOKENIZER,
        tokenizer -> {
          tokenizer.putNull("normalizer");
          tokenizer
              .putObject("pre_tokenizer")
              .put("type", "Metaspace")
              .put("replacement", "\u2581")
              .put("prepend_scheme", scheme)
              .put("split", false);
        });
    return folder;
  }

  private static void assertTokens(Tokenizer tokenizer, String text, int... ids) {
    assertArrayEquals(ids, tokenizer.encode(text, Tokenizer.ControlNames.TOKENS), text);
  }
}
