package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// No field of a configuration is left unread in silence, and none that is read, or that cannot
/// matter, is named.
class UnreadFieldsTest {
  private static final String UNREAD = "fields that are not read";

  @TempDir private Path temp;

  static Stream<String> families() throws IOException {
    try (Stream<Path> folders = Files.list(TestData.path("families"))) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("tensors.txt")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  private static List<String> unread(Path folder) throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      return unread(model);
    }
  }

  static List<String> unread(Blueprint model) {
    return model.notes().stream().filter(note -> note.contains(UNREAD)).toList();
  }

  @ParameterizedTest
  @MethodSource("families")
  void nothingInFilesOfEveryFamilyIsUnread(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.write(name, folder);
    assertEquals(List.of(), unread(folder));
  }

  /// A field is put into the configuration, where its path says.
  @ParameterizedTest
  @CsvSource({
    "qwen2, bend",
    "qwen2, layer_norm_bias",
    "llama3, rope_scaling.bend",
    "llama3, attn_logit_softcapping",
    "mpt, attn_config.bend",
    "gemma3_vision, text_config.bend",
    "gemma3_vision, bend",
    "gpt_oss, embedding_multiplier",
    "mistral_native, bend",
    "ministral3_native, yarn.bend",
  })
  void aFieldThatNobodyAsksForIsNamed(String family, String path) throws IOException {
    Path folder = temp.resolve(family);
    SeededCheckpoint.write(family, folder);
    boolean isNative = family.endsWith("_native");
    Path file = folder.resolve(isNative ? "params.json" : "config.json");
    JsonNode root = JsonMapper.shared().readTree(Files.readString(file));
    int dot = path.lastIndexOf('.');
    ObjectNode object = (ObjectNode) (dot < 0 ? root : root.path(path.substring(0, dot)));
    object.put(path.substring(dot + 1), 3);
    Files.writeString(file, root.toString());
    List<String> notes = unread(folder);
    assertEquals(1, notes.size());
    assertTrue(notes.getFirst().endsWith(" the network: " + path), notes.getFirst());
    assertTrue(notes.getFirst().startsWith(file.getFileName().toString()), notes.getFirst());
  }

  /// SmolLM 2, SmolVLM, Stable Code and Command A have these.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama3 | { | \"rope_interleaved\": false, \"is_llama_config\": true,"
            + " \"transformers.js_config\": {\"dtype\": \"q4\"}",
        "smolvlm | \"text_config\": { | \"perceiver_config\": {\"resampler_depth\": 6}",
        "stablelm | { | \"rotary_scaling_factor\": 1.0",
        "cohere2 | { | \"layer_types\": [\"sliding_attention\", \"sliding_attention\","
            + " \"sliding_attention\", \"full_attention\", \"sliding_attention\"]",
      })
  void fieldsOfOtherPublishedFilesAreKnown(String family, String place, String fields)
      throws IOException {
    Path folder = temp.resolve(family);
    SeededCheckpoint.write(family, folder);
    Path file = folder.resolve("config.json");
    String config = Files.readString(file);
    assertTrue(config.contains(place), place);
    Files.writeString(
        file, config.replaceFirst(Pattern.quote(place), "$0 " + fields.replace("$", "") + ", "));
    assertEquals(List.of(), unread(folder));
  }

  @Test
  void aNullSaysNothing() throws IOException {
    Path folder = temp.resolve("qwen2");
    SeededCheckpoint.write("qwen2", folder);
    put(folder, "\"bend\": null");
    assertEquals(List.of(), unread(folder));
  }

  @Test
  void manyAndLongNamesAreShortened() throws IOException {
    Path folder = temp.resolve("qwen2");
    SeededCheckpoint.write("qwen2", folder);
    StringBuilder fields = new StringBuilder("\"%s\": 1".formatted("x".repeat(10_000)));
    for (int i = 0; i < 50; i++) {
      fields.append(", \"field%d\": %d".formatted(i, i));
    }
    put(folder, fields.toString());
    String note = unread(folder).getFirst();
    assertTrue(note.contains("x".repeat(100) + "…, field0"), note);
    assertTrue(note.endsWith("field18, 31 more"), note);
  }

  private static void put(Path folder, String fields) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{" + fields + ", "));
  }
}
