package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Token ids in the vocabularies of all families, from the folder and from the file's keys, against
/// those of Hugging Face's library (`testdata/families/tokens.json`).
class FamilyTokensTest {
  /// Steps of tokenizer.json are not known for such a vocabulary, and llama.cpp tokenizes without
  /// them.
  private static final Set<String> REFUSED = Set.of("xverse");

  @TempDir private Path temp;

  static Stream<Arguments> vocabularies() throws IOException {
    return json("families/tokens.json")
        .valueStream()
        .map(entry -> Arguments.of(entry.path("folders").get(0).stringValue(), entry.path("ids")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vocabularies")
  void tokensAreThoseOfHuggingFace(String name, JsonNode ids) throws IOException {
    List<String> strings =
        json("zoo/llama2/tokens.json")
            .path("strings")
            .valueStream()
            .map(string -> string.path("text").stringValue())
            .toList();
    Path folder = temp.resolve(name);
    SeededCheckpoint.write(name, folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      if (REFUSED.contains(name)) {
        assertThrows(FormatException.class, model::tokenizer);
        return;
      }
      List<Tokenizer> tokenizers = List.of(model.tokenizer(), Tokenizer.of(model.metadata()));
      for (int i = 0; i < strings.size(); i++) {
        if (!ids.get(i).isNull()) {
          List<Integer> expected = ids.get(i).valueStream().map(JsonNode::intValue).toList();
          for (Tokenizer tokenizer : tokenizers) {
            assertEquals(expected, encoded(tokenizer, strings.get(i)), strings.get(i));
          }
        }
      }
    }
  }

  private static List<Integer> encoded(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text, Tokenizer.ControlNames.TOKENS)).boxed().toList();
  }

  private static JsonNode json(String file) {
    return JsonMapper.shared().readTree(TestData.path(file).toFile());
  }
}
