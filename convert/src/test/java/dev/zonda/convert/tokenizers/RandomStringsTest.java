package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Random strings, white space and parts of tokens among them, against the ids that transformers
/// gives them, or SentencePiece, or tiktoken: all tokenizers of the test data, and such as folders
/// of other tools have.
class RandomStringsTest {
  @TempDir private Path temp;

  /// @param entry of `testdata/tokenizers/random.json`
  record Golden(JsonNode entry) {
    @Override
    public String toString() {
      return entry.path("name").stringValue();
    }
  }

  static List<Golden> goldens() throws IOException {
    JsonNode all =
        JsonMapper.shared().readTree(Files.readString(TestData.path("tokenizers/random.json")));
    return all.valueStream().map(Golden::new).toList();
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void haveTheIdsThatTransformersGives(Golden golden) throws IOException {
    JsonNode entry = golden.entry();
    Tokenizer tokenizer = folder(entry).tokenizer();
    List<String> strings = entry.path("strings").valueStream().map(JsonNode::stringValue).toList();
    assertEquals(20, strings.size());
    for (int i = 0; i < strings.size(); i++) {
      int[] ids = tokenizer.encode(strings.get(i), Tokenizer.ControlNames.TOKENS);
      assertArrayEquals(TokenizerFolder.ints(entry.path("ids").get(i)), ids, strings.get(i));
    }
    if (entry.has("document")) {
      assertArrayEquals(
          TokenizerFolder.ints(entry.path("document")),
          tokenizer.encodeDocument(strings.getFirst(), Tokenizer.ControlNames.TOKENS));
    }
  }

  /// What a GGUF file says of the folder's tokenizer is enough for the same ids.
  @ParameterizedTest
  @MethodSource("goldens")
  void areTheSameOfAFile(Golden golden) throws IOException {
    JsonNode entry = golden.entry();
    Tokenizer tokenizer = Tokenizer.of(folder(entry).convert(Fidelity.CORRECTED, new Notes()));
    int i = 0;
    for (JsonNode text : entry.path("strings")) {
      int[] ids = tokenizer.encode(text.stringValue(), Tokenizer.ControlNames.TOKENS);
      assertArrayEquals(TokenizerFolder.ints(entry.path("ids").get(i++)), ids, text.stringValue());
    }
  }

  private TokenizerFolder folder(JsonNode entry) throws IOException {
    Path base = Path.of(entry.path("base").stringValue());
    TokenizerFolder folder =
        base.startsWith("tokenizers")
            ? TokenizerFolder.copy(base.getFileName().toString(), temp)
            : TokenizerFolder.ofLlama(base.toString(), temp.resolve("model"));
    for (JsonNode file : entry.path("removed")) {
      folder.delete(file.stringValue());
    }
    for (JsonNode field : entry.path("fields")) {
      folder.edit(field.path(0).stringValue(), tree -> change(tree, field));
    }
    // Tokens that a change adds have a place in the model.
    return folder.withSize(folder.size() + 8);
  }

  /// Does what `change` in `generate_random.py` does.
  private static void change(ObjectNode tree, JsonNode field) {
    List<JsonNode> path = field.path(1).valueStream().toList();
    JsonNode at = tree;
    for (JsonNode step : path.subList(0, path.size() - 1)) {
      at = step.isString() ? at.path(step.stringValue()) : at.path(step.intValue());
    }
    JsonNode last = path.getLast();
    JsonNode value = field.path(2);
    switch (at) {
      case ArrayNode array when last.intValue() < 0 -> array.add(value);
      case ArrayNode array -> array.set(last.intValue(), value);
      case ObjectNode object when value.isMissingNode() -> object.remove(last.stringValue());
      case ObjectNode object -> object.set(last.stringValue(), value);
      default -> throw new IllegalArgumentException("no " + field);
    }
  }
}
