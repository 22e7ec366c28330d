package dev.zonda.convert.tokenizers.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.gguf.GgufFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankedVocabularyTest {
  private static final Path FILE = Path.of("tokenizer.model");

  @Test
  void everyPairOfTokensIsAMerge() throws FormatException {
    RankedVocabulary ranked = parse("YQ== 0\nYg== 1\nYWI= 2\nYWJh 3\nIA== 4\nYmE= 5\neHl6 6\n");
    assertEquals(List.of("a", "b", "ab", "aba", "\u0120", "ba", "xyz"), ranked.words());
    assertEquals(List.of("a b", "a ba", "ab a", "b a"), ranked.merges());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "YQ==", "YQ== 1", "YQ== 0\nYg== 0", "YQ== 0\nYQ== 1", "Y! 0", " 0", "\n"})
  void anythingElseIsRefused(String text) {
    FormatException problem = assertThrows(FormatException.class, () -> parse(text));
    assertTrue(problem.getMessage().startsWith("tokenizer.model: "), problem.getMessage());
  }

  /// The vocabulary of Llama 3, which is not ours to copy: llama.cpp has it in its folder `models`.
  @Test
  @EnabledIfSystemProperty(named = "zonda.vocabularies", matches = ".+")
  void llama3HasTheMergesAndTokensThatLlamaCppKnows() throws IOException {
    Path folder = Path.of(System.getProperty("zonda.vocabularies"));
    try (GgufFile gguf = GgufFile.open(folder.resolve("ggml-vocab-llama-bpe.gguf"))) {
      List<String> tokens = texts(gguf, TokenizerKeys.TOKENS);
      int words = tokens.indexOf("<|begin_of_text|>");
      StringBuilder lines = new StringBuilder();
      for (int rank = 0; rank < words; rank++) {
        byte[] bytes = ByteAlphabet.decode(tokens.get(rank));
        lines.append(Base64.getEncoder().encodeToString(bytes)).append(' ').append(rank);
        lines.append('\n');
      }
      RankedVocabulary ranked = parse(lines.toString());
      assertEquals(tokens.subList(0, words), ranked.words());
      assertEquals(texts(gguf, TokenizerKeys.MERGES), ranked.merges());
      assertEquals(
          tokens.subList(words, tokens.size()), Llama3Tokens.names(tokens.size() - words, false));
    }
  }

  private static RankedVocabulary parse(String text) throws FormatException {
    return RankedVocabulary.parse(FILE, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static List<String> texts(GgufFile gguf, String key) {
    return gguf.metadata().array(key).orElseThrow().stream()
        .map(value -> ((MetadataValue.Text) value).value())
        .toList();
  }
}
