package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenizerTest {
  @ParameterizedTest
  @ValueSource(strings = {"llama2", "mistral", "mistral_swa"})
  void encodesAsTheReferenceDoes(String model) throws IOException {
    Tokenizer tokenizer = tokenizer("zoo/" + model + "/hf");
    JsonNode tokens = json("zoo/" + model + "/tokens.json");
    for (JsonNode string : tokens.path("strings")) {
      String text = string.path("text").stringValue();
      assertArrayEquals(
          ints(string.path("ids")), tokenizer.encode(text, Tokenizer.ControlNames.TOKENS), text);
    }
    assertEquals(40, tokens.path("strings").size());
    JsonNode special = tokens.path("how").path("with_special");
    assertArrayEquals(
        ints(special.path("ids")), tokenizer.encodeDocument(special.path("text").stringValue()));
  }

  @Test
  void encodesALongText() throws IOException {
    Tokenizer tokenizer = tokenizer("models/shakespeare-mistral");
    String text = Files.readString(TestData.path("models/shakespeare-mistral.reference/text.txt"));
    int[] expected = ints(json("models/shakespeare-mistral.reference/text.tokens.json"));
    assertArrayEquals(expected, tokenizer.encodeDocument(text));
    assertEquals(text, tokenizer.decode(expected));
    assertEquals(2048, tokenizer.size());
    assertEquals(OptionalInt.of(1), tokenizer.beginning());
    assertEquals(2, tokenizer.eos().getAsInt());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "  two  spaces ", "line\nbreak\ttab", "żółć 東京 🚀", "<s> </s> <0x41>"})
  void decodesWhatItEncoded(String text) throws IOException {
    Tokenizer tokenizer = tokenizer("zoo/llama2/hf");
    assertEquals(text, tokenizer.decode(tokenizer.encodeDocument(text)));
  }

  @Test
  void cutsUserDefinedTokensOutFirst() throws FormatException {
    Tokenizer tokenizer =
        Tokenizer.of(
            vocabulary(
                List.of("<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab", "<ab>", "<a", "\u2581a"),
                new int[] {2, 3, 3, 1, 1, 1, 1, 4, 1, 1}));
    assertArrayEquals(new int[] {9, 7, 9, 5}, tokenizer.encode("a<ab>ab"));
    // The names of control tokens are text, for which this vocabulary has no characters.
    assertArrayEquals(new int[] {3, 0, 0, 0}, tokenizer.encode("<s>"));
  }

  @Test
  void prefersTheHigherScoreAndTheLeft() throws FormatException {
    List<String> pieces = List.of("<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc", "aa", "abc");
    float[] scores = {0, 0, 0, 0, 0, 0, -2, -1, -3, -9};
    Metadata metadata =
        vocabulary(pieces, new int[] {2, 3, 3, 1, 1, 1, 1, 1, 1, 1}).toBuilder()
            .put("tokenizer.ggml.scores", MetadataValue.Array.ofFloats(scores))
            .putBool("tokenizer.ggml.add_space_prefix", false)
            .build();
    Tokenizer tokenizer = Tokenizer.of(metadata);
    assertArrayEquals(new int[] {9}, tokenizer.encode("abc"));
    assertArrayEquals(new int[] {8, 3}, tokenizer.encode("aaa"));
    assertArrayEquals(new int[] {6, 4, 7}, tokenizer.encode("abbbc"));
  }

  @Test
  void refusesVocabulariesOfOtherKinds() {
    Metadata wordPieces = Metadata.builder().putText("tokenizer.ggml.model", "bert").build();
    FormatException problem = assertThrows(FormatException.class, () -> Tokenizer.of(wordPieces));
    assertTrue(problem.getMessage().contains("'bert'"), problem.getMessage());
    assertThrows(FormatException.class, () -> Tokenizer.of(Metadata.empty()));
    Metadata noTokens = Metadata.builder().putText("tokenizer.ggml.model", "llama").build();
    assertThrows(FormatException.class, () -> Tokenizer.of(noTokens));
    Metadata shortScores =
        vocabulary(List.of("a", "b"), new int[] {1, 1}).toBuilder()
            .put("tokenizer.ggml.scores", MetadataValue.Array.ofFloats(1))
            .build();
    assertThrows(FormatException.class, () -> Tokenizer.of(shortScores));
  }

  private static Metadata vocabulary(List<String> pieces, int[] types) {
    return Metadata.builder()
        .putText("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.tokens", MetadataValue.Array.ofStrings(pieces))
        .put("tokenizer.ggml.token_type", MetadataValue.Array.ofInts(types))
        .build();
  }

  private static Tokenizer tokenizer(String folder) throws IOException {
    try (GgufModel model = Models.open(TestData.path(folder))) {
      return Tokenizer.of(model.metadata());
    }
  }

  private static JsonNode json(String file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(TestData.path(file)));
  }

  private static int[] ints(JsonNode array) {
    return array.valueStream().mapToInt(JsonNode::intValue).toArray();
  }
}
