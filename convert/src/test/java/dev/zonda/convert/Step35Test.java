package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What Step 3.5's config.json may say that the reference does not take as the network does.
class Step35Test {
  private static final JsonMapper JSON = JsonMapper.shared();

  @TempDir private Path temp;

  private Blueprint open(String field, String value) throws IOException {
    Path place = TestData.path("families/step3p5");
    ObjectNode config = (ObjectNode) JSON.readTree(place.resolve("config.json").toFile());
    config.set(field, JSON.readTree(value));
    List<String> tensors = Files.readAllLines(place.resolve("tensors.txt"));
    Path folder = temp.resolve("folder");
    SeededCheckpoint.write("step3p5", config.toString(), tensors, folder);
    return Conversion.open(folder, new ConversionOptions(OutputType.AUTO, Fidelity.CORRECTED));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rope_theta | 500000 | rope_theta of layers with a window 500000.0 is written as"
            + " step35.rope.freq_base_swa; llama.cpp's converter drops it (--as-reference)",
        "norm_expert_weight | null | what the network does with the weights of experts true is"
            + " written as step35.expert_weights_norm; llama.cpp's converter drops it"
            + " (--as-reference)",
        "rope_theta | [5e6, 1e4, 1e4, 1e4, 5e6, 1e4] | ",
        "partial_rotary_factors | [0.25, 0.5, 0.5, 0.5, 0.25, 0.5] | values of a head that are"
            + " rotated 8, 16 is written as step35.rope.dimension_count; llama.cpp's converter"
            + " drops it (--as-reference)",
      })
  void whatTheReferenceWouldNotWriteIsSaid(String field, String value, String note)
      throws IOException {
    try (Blueprint model = open(field, value)) {
      List<String> notes =
          model.notes().stream().filter(line -> !line.startsWith("tokenizer_config.json")).toList();
      assertEquals(note == null ? List.of() : List.of(note), notes);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "layer_types | [\"full_attention\", \"chunked\"] | holds 'chunked', expected full_attention"
            + " or sliding_attention",
        "swiglu_limits | 7 | is 7, expected a number for each layer",
        "swiglu_limits | [-1] | holds -1, expected a number from 0",
        "num_sliding_attention_heads | 3 | is 3, expected a multiple of the heads of keys, 2",
        "attention_other_setting | {\"num_attention_heads\": 6, \"num_attention_groups\": 3} | is 3,"
            + " expected 2 as on all layers",
        "mlp_bias | true | networks have biases",
      })
  void whatCannotBeIsRefused(String field, String value, String problem) {
    FormatException thrown = assertThrows(FormatException.class, () -> open(field, value).close());
    assertTrue(thrown.getMessage().contains(problem), thrown.getMessage());
  }
}
