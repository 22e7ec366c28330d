package dev.zonda.convert.sources;

import static dev.zonda.convert.sources.StoredTensors.valuesOf;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Load;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// What holds for weights that are quantized in any way, or said to be.
class QuantizationTest {
  private static final String GPTQ =
      "{\"quant_method\":\"gptq\",\"bits\":4,\"group_size\":8,\"checkpoint_format\":\"gptq_v2\"}";
  private static final String AWQ = "{\"quant_method\":\"awq\",\"bits\":4,\"group_size\":8}";
  private static final String PACKED =
      """
      {"quant_method": "compressed-tensors", "format": "pack-quantized", "kv_cache_scheme":
       {"num_bits": 8, "type": "float"}, "config_groups":
       {"a": {"weights": {"strategy": "channel", "num_bits": 4}}}}
      """;
  private static final String INTEGERS = PACKED.replace("pack-quantized", "int-quantized");
  private static final String FP8 = "{\"quant_method\":\"fp8\"}";
  private static final String ROWS = "{\"quant_method\":\"fbgemm_fp8\"}";

  @TempDir private Path temp;

  private List<SourceTensor> plain(StoredTensors stored, String config, Notes notes)
      throws IOException {
    try (SafetensorsFile file = stored.open(temp)) {
      return StoredTensors.plain(file, config, notes);
    }
  }

  private static StoredTensors add(StoredTensors stored, String method) {
    int[] ones = {1, 1, 1, 1, 1, 1, 1, 1};
    float[] scales = {1, 1, 1, 1, 1, 1, 1, 1};
    return switch (method) {
      case "gptq" ->
          stored
              .ints("a.qweight", List.of(1, 8), ones)
              .ints("a.qzeros", List.of(1, 1), 0)
              .floats("a.scales", List.of(1, 8), scales);
      case "awq" ->
          stored
              .ints("a.qweight", List.of(8, 1), ones)
              .ints("a.qzeros", List.of(1, 1), 0)
              .floats("a.scales", List.of(1, 8), scales);
      case "packed" ->
          stored
              .ints("a.weight_packed", List.of(8, 1), ones)
              .longs("a.weight_shape", List.of(2), 8, 8)
              .floats("a.weight_scale", List.of(8, 1), scales);
      case "bytes" ->
          stored
              .add("a.weight", "I8", List.of(8, 1), new byte[8])
              .floats("a.weight_scale", List.of(8, 1), scales);
      default ->
          stored
              .add("a.weight", "F8_E4M3", List.of(8, 1), new byte[8])
              .floats("a.weight_scale", List.of(8, 1), scales);
    };
  }

  private static String config(String method) {
    return switch (method) {
      case "gptq" -> GPTQ;
      case "awq" -> AWQ;
      case "packed" -> PACKED;
      case "bytes" -> INTEGERS;
      case "fp8" -> FP8;
      default -> ROWS;
    };
  }

  /// Whoever quantized the weights may have measured activations and the cache as well.
  @ParameterizedTest
  @ValueSource(strings = {"gptq", "awq", "packed", "bytes", "fp8", "fbgemm"})
  void scalesOfActivationsAndCacheAreLeftOut(String method) throws IOException {
    StoredTensors stored = add(new StoredTensors(), method);
    for (String scale :
        List.of(
            "a.input_scale",
            "a.output_scale",
            "self_attn.k_scale",
            "self_attn.v_scale",
            "self_attn.kv_scale",
            "self_attn.q_scale",
            "self_attn.prob_scale",
            "self_attn.attn.k_scale",
            "self_attn.k_zero_point")) {
      stored.floats(scale, List.of(1), 0.5f);
    }
    Notes notes = new Notes();
    List<SourceTensor> tensors = plain(stored, config(method), notes);
    assertEquals(List.of("a.weight"), tensors.stream().map(SourceTensor::name).toList());
    assertEquals(
        List.of(
            "left out: 2 scales of activations, since the weights are no longer quantized",
            "left out: 7 scales of the key/value cache, which is not quantized here"),
        notes.list());
  }

  @Test
  void anEmptyConfigurationSaysNothing() throws IOException {
    StoredTensors stored = new StoredTensors().floats("a.weight", List.of(1, 2), 1, 2);
    Notes notes = new Notes();
    assertEquals(1, plain(stored, "{}", notes).size());
    assertEquals(1, plain(stored, "null", notes).size());
    assertEquals(List.of(), notes.list());
  }

  /// Merged and dequantized checkpoints often keep what config.json said before.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"quant_method\":\"bitsandbytes\",\"load_in_4bit\":true} | is 'bitsandbytes'",
        "{\"quant_method\":\"gptq\",\"bits\":4} | is 'gptq'",
        "{\"load_in_8bit\":false} | is missing",
        "{\"quant_method\":\"compressed-tensors\",\"config_groups\":{}} | is 'compressed-tensors'"
      })
  void whereNoTensorIsQuantizedAllStayAsTheyAre(String config, String method) throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .floats("a.weight", List.of(1, 2), 1, 2)
            .add("b.weight", "BF16", List.of(1, 1), (byte) 0x80, (byte) 0x3F)
            .floats("self_attn.k_scale", List.of(1), 1);
    Notes notes = new Notes();
    List<SourceTensor> tensors = plain(stored, config, notes);
    assertEquals(
        List.of("a.weight", "b.weight"), tensors.stream().map(SourceTensor::name).toList());
    tensors.forEach(tensor -> assertEquals(Load.class, tensor.values().getClass()));
    assertEquals(
        "quantization_config.quant_method "
            + method
            + ", but no tensor is quantized: the weights are used as they are stored",
        notes.list().getLast());
  }

  /// They belong to the network, not to how its weights are stored.
  @Test
  void transformsAreRefusedWhereNoTensorIsQuantized() throws IOException {
    StoredTensors stored = new StoredTensors().floats("a.weight", List.of(1, 2), 1, 2);
    String config =
        "{\"quant_method\":\"compressed-tensors\",\"transform_config\":{\"config_groups\":{\"u\":{}}}}";
    FormatException e =
        assertThrows(FormatException.class, () -> plain(stored, config, new Notes()));
    assertTrue(e.getMessage().contains("transform_config transforms activations"), e.getMessage());
  }

  /// The name that compressed-tensors had for it at first.
  @Test
  void theOlderNameCountsWithoutTheUsualOne() throws IOException {
    StoredTensors stored = add(new StoredTensors(), "packed");
    JsonFields config =
        JsonFields.of(
            Path.of("config.json"),
            JsonMapper.shared()
                .readTree("{\"quantization_config\": {}, \"compression_config\": " + PACKED + "}"));
    try (SafetensorsFile file = stored.open(temp)) {
      List<SourceTensor> loaded =
          file.tensors().stream()
              .map(tensor -> new SourceTensor(tensor.name(), new Load(file, tensor), 0))
              .toList();
      List<SourceTensor> plain = Quantization.undone(Path.of("x"), config, loaded, new Notes());
      float[] row = valuesOf(plain.getFirst().values(), 1);
      assertArrayEquals(new float[] {-7, -8}, new float[] {row[0], row[1]});
    }
  }
}
