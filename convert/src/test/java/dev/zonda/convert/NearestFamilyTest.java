package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What is said of folders whose class no family covers.
class NearestFamilyTest {
  @TempDir private Path temp;

  static List<String> folders() throws IOException {
    try (Stream<Path> all = Files.list(TestData.path("families"))) {
      return all.filter(folder -> Files.exists(folder.resolve("config.json")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  /// Its own family, or one with the same tensors, is nearest, however the class is called.
  @ParameterizedTest
  @MethodSource("folders")
  void everyFolderIsNearestToItsOwnKind(String name) throws IOException {
    Path folder = temp.resolve("model");
    SeededCheckpoint.write(name, folder);
    Path file = folder.resolve("config.json");
    JsonNode config = JsonMapper.shared().readTree(Files.readString(file));
    Family own = Families.of(JsonFields.of(file, config));
    rename(folder, "Zq8WForText");
    String message = refusal(folder).getMessage();
    Family nearest =
        Families.all().stream()
            .filter(family -> message.contains("' (%s), whose".formatted(family.name())))
            .findFirst()
            .orElseThrow(() -> new AssertionError(message));
    boolean isQuantized = config.has("quantization_config");
    if (!isQuantized && !nearest.equals(own)) {
      // Families of the same names and shapes differ in what they compute.
      String all = message.replaceFirst(".*shapes (\\d+) of .*", "$1");
      assertTrue(message.contains("shapes %s of %s tensors have;".formatted(all, all)), message);
    }
  }

  @Test
  void namesWhatNoRuleNames() throws IOException {
    Path folder = temp.resolve("model");
    SeededCheckpoint.write("qwen3", folder);
    rename(folder, "SmolLM9ForCausalLM");
    try (Stream<Path> files = Files.list(folder)) {
      for (Path weights : files.filter(f -> f.toString().contains(".safetensors")).toList()) {
        String text = Files.readString(weights, StandardCharsets.ISO_8859_1);
        Files.writeString(
            weights, text.replace("up_proj.weight", "up_gate.weight"), StandardCharsets.ISO_8859_1);
      }
    }
    FormatException refusal = refusal(folder);
    String message = refusal.getMessage();
    assertTrue(
        message.contains("'SmolLM9ForCausalLM', which is not supported; the nearest is 'Qwen3"),
        message);
    assertTrue(message.contains("no rule names model.layers.{layer}.mlp.up_gate.weight;"), message);
    assertEquals(
        List.of(
            "no rule of Qwen 3 names model.layers.{layer}.mlp.up_gate.weight, of which there are 3"),
        refusal.details());
  }

  /// Ultravox's folders have a part that hears, and name the model that reads.
  @Test
  void namesTheTextModelOfAFolderWithoutOne() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("ultravox"));
    Files.writeString(
        folder.resolve("config.json"),
        """
        {
          "architectures": ["UltravoxModel"],
          "audio_model_id": "openai/whisper-large-v3-turbo",
          "model_type": "ultravox",
          "text_model_id": "meta-llama/Llama-3.2-1B-Instruct"
        }
        """);
    write(folder, "multi_modal_projector.linear_1.weight");
    assertTrue(
        refusal(folder)
            .getMessage()
            .endsWith(
                "is 'UltravoxModel', and the folder has no text model: text_model_id is"
                    + " 'meta-llama/Llama-3.2-1B-Instruct'; convert the folder of that"),
        refusal(folder).getMessage());
    write(folder, "language_model.model.norm.weight");
    assertTrue(
        refusal(folder).getMessage().contains("which is not supported; the nearest is"),
        refusal(folder).getMessage());
  }

  /// Writes a checkpoint with one tensor of two values.
  private static void write(Path folder, String tensor) throws IOException {
    String header =
        "{\"%s\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}".formatted(tensor);
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + text.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    Files.write(folder.resolve("model.safetensors"), file.array());
  }

  private FormatException refusal(Path folder) {
    return assertThrows(
        FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
  }

  private static void rename(Path folder, String name) throws IOException {
    Path file = folder.resolve("config.json");
    ObjectNode root = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
    root.putArray("architectures").add(name);
    root.put("model_type", "zq8w");
    if (root.path("text_config") instanceof ObjectNode text) {
      text.put("model_type", "zq8w");
    }
    Files.writeString(file, root.toPrettyString());
  }
}
