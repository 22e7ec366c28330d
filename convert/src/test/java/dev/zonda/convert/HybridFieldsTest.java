package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What config.json says of models some of whose layers have state spaces.
class HybridFieldsTest {
  private static final ConversionOptions REFERENCE =
      new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);

  @TempDir private Path temp;

  private Path folder(String name, String fields) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    ObjectNode config = config(folder);
    config.setAll((ObjectNode) JsonMapper.shared().readTree(fields));
    Files.writeString(folder.resolve("config.json"), config.toString());
    return folder;
  }

  private static ObjectNode config(Path folder) throws IOException {
    String text = Files.readString(folder.resolve("config.json"));
    return (ObjectNode) JsonMapper.shared().readTree(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "granite4 | {\"layer_types\": [\"some\", \"attention\", \"attention\"]} | layer_types has 'some'",
        "granite4 | {\"layer_types\": null} | not one of those that layer 0 has",
        "granite4_h | {\"layer_types\": [\"mamba\"]} | layer_types has 1 values for 4 layers",
        "falcon_h1 | {\"ssm_multipliers\": [1, 1]} | ssm_multipliers has 2 values, expected 5",
        "falcon_h1 | {\"mamba_d_ssm\": 100} | config.json says",
        "bamba | {\"time_step_limit\": [0.5, 0.1]} | is [0.5,0.1], expected the smaller first",
        "bamba | {\"attn_layer_indices\": [1, 40]} | attn_layer_indices holds 40, expected 0 to",
        "granite4_h | {\"hidden_act\": \"gelu\"} | hidden_act is 'gelu', which can neither",
        "granite4_h | {\"mamba_d_head\": 8} | mamba_d_head is 8, expected 192 features shared by 12 heads",
        "bamba | {\"num_attention_heads\": 48, \"num_key_value_heads\": 16} | heads of 2 features, half of which",
      })
  void isRefused(String name, String fields, String message) throws IOException {
    requireProblem(folder(name, fields), ConversionOptions.DEFAULT, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "falcon_h1 | {\"key_multiplier\": null} | key_multiplier is missing, without which",
        "falcon_h1 | {\"mlp_multipliers\": null} | mlp_multipliers is missing, without which",
        "falcon_h1 | {\"rope_theta\": null} | rope_theta is missing, without which",
        "granite4_h | {\"layer_types\": [\"mamba\", \"mamba\", \"full_attention\", \"mamba\"]}"
            + " | takes for a state space",
        "granite4 | {\"layer_types\": [\"attention\", \"full_attention\", \"attention\"]}"
            + " | takes for a state space",
        "granite4_h | {\"hidden_act\": \"swish\"} | hidden_act is 'swish'",
      })
  void theReferenceMakesNoFileOf(String name, String fields, String message) throws IOException {
    requireProblem(folder(name, fields), REFERENCE, message);
  }

  private static void requireProblem(Path folder, ConversionOptions options, String message) {
    FormatException problem =
        assertThrows(FormatException.class, () -> Conversion.open(folder, options).close());
    assertTrue(problem.getMessage().contains(message), problem::getMessage);
    assertEquals(1, problem.getMessage().lines().count());
  }

  @Test
  void positionsAreWritten() throws IOException {
    Path folder = folder("granite4_h", "{\"position_embedding_type\": \"rope\"}");
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT);
        Blueprint reference = Conversion.open(folder, REFERENCE)) {
      requirePositions(model.metadata(), true, 131072);
      requirePositions(reference.metadata(), false, 1 << 20);
    }
  }

  private static void requirePositions(Metadata metadata, boolean isRotated, long context)
      throws FormatException {
    assertEquals(isRotated, metadata.bool("granitehybrid.rope.scaling.finetuned").orElseThrow());
    assertEquals(context, metadata.integer("granitehybrid.context_length").orElseThrow());
  }

  @Test
  void halfOfAHeadHasPositions() throws IOException {
    Path folder = folder("bamba", "{\"attn_rotary_emb\": 12}");
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT);
        Blueprint reference = Conversion.open(folder, REFERENCE)) {
      String key = "granitehybrid.rope.dimension_count";
      assertEquals(8, model.metadata().integer(key).orElseThrow());
      assertEquals(12, reference.metadata().integer(key).orElseThrow());
      requireNote(model, "attn_rotary_emb is 12, which this family's network does not read");
      requireNote(model, "half of each head has positions");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "granite4_h | vocab_size | 337 | 336,96 | 337,96 | rounds up to a multiple of 8",
        "bamba | attn_layer_indices | [] | self_attn | none | attn_layer_indices names no layer, or all",
      })
  void theReferenceMakesNoLoadableFileOf(
      String name, String field, String value, String found, String replaced, String message)
      throws IOException {
    Path family = TestData.path("families/" + name);
    ObjectNode config = config(family);
    config.set(field, JsonMapper.shared().readTree(value));
    List<String> tensors = new ArrayList<>();
    for (String line : Files.readAllLines(family.resolve("tensors.txt"))) {
      if (line.contains(found) && replaced.equals("none")) {
        continue;
      }
      tensors.add(line.replace(found, replaced));
      if (replaced.equals("none") && line.contains(".0.mamba.")) {
        tensors.add(line.replace(".0.", ".1."));
      }
    }
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, config.toString(), tensors, folder);
    Conversion.open(folder, ConversionOptions.DEFAULT).close();
    requireProblem(folder, REFERENCE, message);
  }

  @Test
  void llamaCppLoadsOneWidthOnly() throws IOException {
    String name = "granite4_h";
    Path family = TestData.path("families/" + name);
    ObjectNode config = config(family);
    config.put("mamba_expand", 3).put("mamba_d_head", 24);
    List<String> tensors =
        Files.readAllLines(family.resolve("tensors.txt")).stream()
            .map(line -> line.replace("428,96", "620,96"))
            .map(line -> line.replace(" 224", " 320").replace("96,192", "96,288"))
            .map(line -> line.replace(" 192 ", " 288 "))
            .toList();
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, config.toString(), tensors, folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      requireNote(model, "mamba_expand is 3: llama.cpp loads files with 2 only");
    }
  }

  @Test
  void anOutputThatSharesTheEmbeddingHasItsOwnFactor() throws IOException {
    String name = "falcon_h1";
    Path family = TestData.path("families/" + name);
    ObjectNode config = config(family);
    config.put("tie_word_embeddings", true);
    List<String> tensors =
        Files.readAllLines(family.resolve("tensors.txt")).stream()
            .filter(line -> !line.contains("lm_head"))
            .toList();
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, config.toString(), tensors, folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT);
        Blueprint reference = Conversion.open(folder, REFERENCE)) {
      assertTrue(model.find("output.weight").isPresent());
      assertTrue(reference.find("output.weight").isEmpty());
    }
  }

  private static void requireNote(Blueprint model, String part) {
    assertTrue(
        model.notes().stream().anyMatch(note -> note.contains(part)),
        () -> model.notes().toString());
  }
}
