package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What config.json of Nemotron-H may not say of its layers, and what only a note says.
class NemotronHTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nemotron_h | hybrid_override_pattern | \"M-*-MM-X\" | has 'X', expected M, *, - or E",
        "nemotron_h | hybrid_override_pattern | \"M-*-MM-\" | has 7 layers, but num_hidden_layers is 8",
        "nemotron_h | layers_block_type | [] | has 0 layers, but num_hidden_layers is 8",
        "nemotron_h | layers_block_type | [\"rwkv\"] | has 'rwkv', expected mamba, linear_attention,",
        "nemotron_h | hybrid_override_pattern | \"M-*EMM-*\" | has networks with experts and without",
        "nemotron_h | mamba_hidden_act | \"gelu\" | is 'gelu', which can neither be written nor evaluated",
        "nemotron_h | mlp_hidden_act | \"mish\" | is 'mish', which can neither be written nor evaluated",
        "nemotron_h_latent | num_nextn_predict_layers | 2 | is 2, expected 0 or 1",
        "nemotron_h_latent | moe_latent_size | null | but config.json says [moe_latent_size (hidden_size if there is none)",
        "nemotron_h_moe | moe_latent_size | 24 | (hidden_size if there is none), moe_intermediate_size] = [24, 32]",
      })
  void contradictionsAreErrorsByName(String model, String field, String value, String message)
      throws IOException {
    FormatException problem =
        assertThrows(FormatException.class, () -> note(model, field, value, "none"));
    assertTrue(problem.getMessage().contains(message), problem::getMessage);
    assertEquals(1, problem.getMessage().lines().count());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sliding_window | 512 | sliding_window is 512, which this family's network does not read: it has none",
        "attention_bias | true | attention_bias is true, which this family's network does not read: it has false",
        "time_step_min | 0.25 | time_step_min is 0.25, which GGUF has no key for: the file has no bound",
        "layer_norm_epsilon | 0.5 | layer_norm_epsilon 0.5 is written as nemotron_h_moe.attention.layer_norm_rms_epsilon;",
      })
  void whatIsNotReadIsSaid(String field, String value, String note) throws IOException {
    assertTrue(note("nemotron_h_moe", field, value, field).orElseThrow().startsWith(note));
  }

  @Test
  void tokensWithoutRowsAreNotListed() throws IOException {
    Path folder = temp.resolve("model");
    SeededCheckpoint.writeNetwork("nemotron_h_rows", folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertEquals(557, model.metadata().array("tokenizer.ggml.tokens").orElseThrow().size());
      assertTrue(
          model.notes().stream()
              .anyMatch(said -> said.startsWith("vocab_size is 557: llama.cpp's")),
          () -> model.notes().toString());
    }
  }

  /// The note that begins with a word.
  private Optional<String> note(String name, String field, String value, String start)
      throws IOException {
    Path folder = temp.resolve("model");
    SeededCheckpoint.write(name, folder);
    Path config = folder.resolve("config.json");
    ObjectNode fields = (ObjectNode) JsonMapper.shared().readTree(Files.readString(config));
    fields.set(field, JsonMapper.shared().readTree(value));
    Files.writeString(config, fields.toString());
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      return model.notes().stream().filter(note -> note.startsWith(start)).findFirst();
    }
  }
}
