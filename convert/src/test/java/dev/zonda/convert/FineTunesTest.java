package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Folders of fine-tunes, with added tokens and templates of their own, in the forms that
/// transformers 4 and 5 give config.json (`testdata/families/finetunes.json`).
class FineTunesTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @TempDir private Path temp;

  static Stream<Arguments> cases() throws IOException {
    return JSON.readTree(TestData.path("families/finetunes.json").toFile())
        .valueStream()
        .map(one ->
            Arguments.of(
                one.path("model").stringValue() + " " + one.path("form").stringValue(), one));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void writesTheReferencesBytes(String name, JsonNode one) throws Exception {
    Path folder = folder(one);
    for (OutputType type : List.of(OutputType.F32, OutputType.AUTO)) {
      String expected =
          one.path("sha256").path(type == OutputType.F32 ? "f32" : "auto").stringValue();
      assertEquals(expected, converted(folder, type, Fidelity.AS_REFERENCE), name + " " + type);
    }
  }

  @Test
  void olderAndNewerFormsAreTheSameModel() throws Exception {
    Map<String, String> older = new HashMap<>();
    for (Arguments arguments : cases().toList()) {
      JsonNode one = (JsonNode) arguments.get()[1];
      String model = one.path("model").stringValue();
      if (one.path("form").stringValue().endsWith("reranker")) {
        continue;
      }
      String sha256 = converted(folder(one), OutputType.AUTO, Fidelity.CORRECTED);
      if (one.path("form").stringValue().equals("older")) {
        older.put(model, sha256);
      } else {
        assertEquals(older.remove(model), sha256, model);
      }
    }
    assertEquals(Map.of(), older, "older forms without a newer one");
  }

  private String converted(Path folder, OutputType type, Fidelity fidelity) throws Exception {
    Path file = temp.resolve("out.gguf");
    Files.deleteIfExists(file);
    try (Blueprint blueprint = Conversion.open(folder, new ConversionOptions(type, fidelity))) {
      TestConversion.write(blueprint, file);
    }
    return TestConversion.sha256(file);
  }

  /// The converter names a model by its folder.
  private Path folder(JsonNode one) throws IOException {
    String model = one.path("model").stringValue();
    Path source = TestData.path("families/" + model);
    Path folder = temp.resolve(one.path("form").stringValue()).resolve(model);
    ObjectNode config = read(source.resolve("config.json"));
    ObjectNode text = config.path("text_config") instanceof ObjectNode inner ? inner : config;
    String rows = " %d,".formatted(text.path("vocab_size").intValue());
    List<String> tensors = new ArrayList<>();
    for (String line : Files.readAllLines(source.resolve("tensors.txt"))) {
      boolean isVocabulary =
          line.endsWith("embed_tokens.weight") || line.endsWith("lm_head.weight");
      tensors.add(
          isVocabulary ? line.replace(rows, " %d,".formatted(one.path("rows").intValue())) : line);
    }
    patch(config, one.path("config"));
    SeededCheckpoint.write(model, config.toString(), tensors, folder);
    ObjectNode tokenizer = read(source.resolve("tokenizer.json"));
    one.path("tokens").forEach(((ArrayNode) tokenizer.path("added_tokens"))::add);
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
    ObjectNode settings = read(source.resolve("tokenizer_config.json"));
    patch(settings, one.path("tokenizer_config"));
    Files.writeString(folder.resolve("tokenizer_config.json"), settings.toString());
    Files.writeString(
        folder.resolve("chat_template.jinja"), one.path("chat_template").stringValue());
    String card = one.path("card").stringValue();
    if (!card.isEmpty()) {
      Files.writeString(folder.resolve("README.md"), card);
    }
    return folder;
  }

  private static ObjectNode read(Path file) {
    return (ObjectNode) JSON.readTree(file.toFile());
  }

  /// Applies a merge patch (RFC 7396).
  private static void patch(ObjectNode target, JsonNode patch) {
    for (Map.Entry<String, JsonNode> change : patch.properties()) {
      if (change.getValue().isNull()) {
        target.remove(change.getKey());
      } else if (change.getValue().isObject()) {
        ObjectNode inner =
            target.path(change.getKey()) instanceof ObjectNode there
                ? there
                : target.putObject(change.getKey());
        patch(inner, change.getValue());
      } else {
        target.set(change.getKey(), change.getValue());
      }
    }
  }
}
