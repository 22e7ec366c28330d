package dev.zonda.convert.sources;

import static dev.zonda.convert.sources.StoredTensors.valuesOf;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaledTensorsTest {
  private static final String FP8 = "{\"quant_method\":\"fp8\"}";
  private static final String INTEGERS =
      """
      {"quant_method": "compressed-tensors", "format": "int-quantized", "config_groups":
       {"a": {"targets": ["a"], "weights": {"group_size": 2, "num_bits": 8, "symmetric": false}},
        "b": {"targets": ["b"], "weights": {"strategy": "channel", "num_bits": 8}}}}
      """;
  private static final String BLOCKS =
      "{\"quant_method\":\"fp8\",\"weight_block_size\":[2,3],\"activation_scheme\":\"dynamic\"}";

  /// 1, 2, 4 and 8 in E4M3.
  private static final byte ONE = 0x38;

  private static final byte TWO = 0x40;
  private static final byte FOUR = 0x48;
  private static final byte EIGHT = 0x50;

  @TempDir private Path temp;

  @Test
  void bytesMeanWhatTheFormatsSay() throws IOException {
    byte[] codes = {0, 1, 7, 8, 0x38, 0x3F, 0x7E, (byte) 0x80, (byte) 0xFE, 0x7F};
    float[] expected = {0, 0x1p-9f, 0x7p-9f, 0x1p-6f, 1, 1.875f, 448, -0f, -448, Float.NaN};
    byte[] coarse = {0, 1, 4, 0x3C, 0x7B, (byte) 0xBD, (byte) 0x80, 0x7C, (byte) 0xFC, 0x7E};
    float inf = Float.POSITIVE_INFINITY;
    float[] expectedCoarse = {0, 0x1p-16f, 0x1p-14f, 1, 57344, -1.25f, -0f, inf, -inf, Float.NaN};
    byte[] oneZero = {0, 1, 7, 8, 0x40, 0x47, 0x7F, (byte) 0x81, (byte) 0xFF, (byte) 0x80};
    float[] expectedOneZero = {
      0, 0x1p-10f, 0x7p-10f, 0x1p-7f, 1, 1.875f, 240, -0x1p-10f, -240, Float.NaN
    };
    byte[] integers = {0, 1, 127, -128, -1, 5, 6, 7, 8, 9};
    StoredTensors stored =
        new StoredTensors()
            .add("a.weight", "F8_E4M3", List.of(1, 10), codes)
            .floats("a.weight_scale_inv", List.of(), 1)
            .add("b.weight", "F8_E5M2", List.of(1, 10), coarse)
            .floats("b.weight_scale", List.of(1), 1)
            .add("c.weight", "I8", List.of(10, 1), integers)
            .floats("c.qscale_weight", List.of(1, 1), 0.5f)
            .add("d.weight", "F8_E4M3FNUZ", List.of(1, 10), oneZero)
            .floats("d.weight_scale", List.of(1), 1);
    try (SafetensorsFile file = stored.open(temp)) {
      List<SourceTensor> tensors = StoredTensors.plain(file, FP8, new Notes());
      assertEquals(
          List.of("a.weight", "b.weight", "c.weight", "d.weight"),
          tensors.stream().map(SourceTensor::name).toList());
      assertArrayEquals(expected, valuesOf(tensors.get(0).values(), 1));
      assertArrayEquals(expectedCoarse, valuesOf(tensors.get(1).values(), 1));
      assertArrayEquals(
          new float[] {0, 0.5f, 63.5f, -64, -0.5f, 2.5f, 3, 3.5f, 4, 4.5f},
          valuesOf(tensors.get(2).values(), 4));
      assertArrayEquals(expectedOneZero, valuesOf(tensors.get(3).values(), 1));
    }
  }

  @Test
  void blocksAtTheEdgesAreCut() throws IOException {
    byte[] codes = {
      ONE, TWO, FOUR, EIGHT, //
      ONE, ONE, ONE, ONE, //
      TWO, TWO, TWO, TWO
    };
    StoredTensors stored =
        new StoredTensors()
            .add("a.weight", "F8_E4M3", List.of(3, 4), codes)
            .floats("a.weight_scale_inv", List.of(2, 2), 10, 20, 30, 40);
    float[] expected = {10, 20, 40, 160, 10, 10, 10, 20, 60, 60, 60, 80};
    try (SafetensorsFile file = stored.open(temp)) {
      SourceTensor tensor = StoredTensors.plain(file, BLOCKS, new Notes()).getFirst();
      for (int step = 1; step <= 3; step++) {
        assertArrayEquals(expected, valuesOf(tensor.values(), step));
      }
    }
  }

  @Test
  void scalesCanBelongToExpertsAndToRows() throws IOException {
    byte[] codes = {ONE, TWO, ONE, TWO, FOUR, ONE, FOUR, ONE};
    StoredTensors stored =
        new StoredTensors()
            .add("blocks", "F8_E4M3", List.of(2, 2, 2), codes)
            .floats("blocks_scale_inv", List.of(2, 1, 1), 3, 5)
            .add("experts", "F8_E4M3", List.of(2, 2, 2), codes)
            .floats("experts_scale_inv", List.of(2), 3, 5)
            .add("rows", "F8_E4M3", List.of(2, 2, 2), codes)
            .floats("rows_scale_inv", List.of(2, 2, 1), 3, 5, 7, 9)
            .add("vector.weight", "F8_E4M3", List.of(4, 2), codes)
            .floats("vector.weight_scale", List.of(4), 3, 5, 7, 9);
    float[] byExpert = {3, 6, 3, 6, 20, 5, 20, 5};
    float[] byRow = {3, 6, 5, 10, 28, 7, 36, 9};
    try (SafetensorsFile file = stored.open(temp)) {
      List<SourceTensor> tensors = StoredTensors.plain(file, BLOCKS, new Notes());
      for (int step = 1; step <= 4; step++) {
        assertArrayEquals(byExpert, valuesOf(tensors.get(0).values(), step));
        assertArrayEquals(byExpert, valuesOf(tensors.get(1).values(), step));
        assertArrayEquals(byRow, valuesOf(tensors.get(2).values(), step));
        assertArrayEquals(byRow, valuesOf(tensors.get(3).values(), step));
      }
    }
  }

  @Test
  void scalesOfActivationsAreLeftOutWithANote() throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .floats("a.activation_scale", List.of(), 1)
            .floats("a.gate_activation_scale", List.of(), 1)
            .add("a.weight", "F8_E4M3", List.of(1, 2), ONE, TWO)
            .floats("a.weight_scale", List.of(), 1)
            .floats("b.qscale_act", List.of(), 1);
    Notes notes = new Notes();
    try (SafetensorsFile file = stored.open(temp)) {
      assertEquals(1, StoredTensors.plain(file, FP8, notes).size());
    }
    assertEquals(
        List.of("left out: 3 scales of activations, since the weights are no longer quantized"),
        notes.list());
  }

  /// Integers that are not symmetric have zeros; groups of columns are blocks of one row.
  @Test
  void zerosAreSubtractedBeforeScalesAreMultiplied() throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .add("a.weight", "I8", List.of(2, 4), new byte[] {0, 1, 2, 3, 4, 5, 6, -7})
            .floats("a.weight_scale", List.of(2, 2), 1, 2, 3, 4)
            .add("a.weight_zero_point", "I8", List.of(2, 2), new byte[] {1, 0, -2, 3})
            .add("b.weight", "I8", List.of(2, 2), new byte[] {0, 1, 2, 3})
            .floats("b.weight_scale", List.of(2, 1), 2, 3)
            .add("b.weight_zero_point", "I8", List.of(2, 1), new byte[] {5, 1});
    try (SafetensorsFile file = stored.open(temp)) {
      List<SourceTensor> tensors = StoredTensors.plain(file, INTEGERS, new Notes());
      float[] byGroup = {-1, 0, 4, 6, 18, 21, 12, -40};
      assertArrayEquals(byGroup, valuesOf(tensors.get(0).values(), 1));
      assertArrayEquals(byGroup, valuesOf(tensors.get(0).values(), 2));
      assertArrayEquals(new float[] {-10, -8, 3, 6}, valuesOf(tensors.get(1).values(), 2));
    }
    assertRefused(
        new StoredTensors()
            .add("a.weight", "I8", List.of(2, 4), new byte[8])
            .floats("a.weight_scale", List.of(2, 2), 1, 2, 3, 4)
            .add("a.weight_zero_point", "I8", List.of(2), new byte[2]),
        INTEGERS,
        "tensor 'a.weight_zero_point' is I8 [2], expected numbers of a byte, one for each of the"
            + " scales 'a.weight_scale' [2, 2]");
    assertRefused(
        new StoredTensors().add("a.weight_zero_point", "I8", List.of(1), new byte[1]),
        INTEGERS,
        "tensor 'a.weight_zero_point' needs 'a.weight', which is missing");
  }

  @Test
  void scalesMayBePowersOfTwoInAByte() throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .add("a.weight", "F8_E4M3", List.of(2, 3), new byte[] {ONE, TWO, ONE, ONE, ONE, FOUR})
            .add("a.weight_scale_inv", "F8_E8M0", List.of(1, 1), (byte) 125);
    String blocks = BLOCKS.replace("}", ",\"scale_fmt\":\"ue8m0\"}");
    try (SafetensorsFile file = stored.open(temp)) {
      SourceTensor tensor = StoredTensors.plain(file, blocks, new Notes()).getFirst();
      float[] expected = {0.25f, 0.5f, 0.25f, 0.25f, 0.25f, 1};
      assertArrayEquals(expected, valuesOf(tensor.values(), 1));
    }
    assertRefused(
        stored,
        blocks.replace("ue8m0\"", "ue8m0\",\"expert_dtype\":\"fp4\""),
        "quantization_config.expert_dtype is 'fp4': such weights cannot be converted");
  }

  @Test
  void doublesBecomeSingles() throws IOException {
    byte[] third = {0x55, 0x55, 0x55, 0x55, 0x55, 0x55, (byte) 0xD5, 0x3F};
    StoredTensors stored = new StoredTensors().add("a.weight", "F64", List.of(1, 1), third);
    try (SafetensorsFile file = stored.open(temp)) {
      SourceTensor tensor = StoredTensors.plain(file, FP8, new Notes()).getFirst();
      assertArrayEquals(new float[] {1 / 3f}, valuesOf(tensor.values(), 1));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.weight_scale_inv | F32 | '' | tensor 'a.weight' is of type F8_E4M3, but there is no",
        "a.weight_scale_inv | F32 | 2,3 | its scales 'a.weight_scale_inv' have [2, 3]: expected",
        "a.weight_scale_inv | F32 | 1,2 | but its scales 'a.weight_scale_inv' have [1, 2]",
        "a.weight_scale_inv | F32 | 2,2,1 | but its scales 'a.weight_scale_inv' have [2, 2, 1]",
        "a.weight_scale_inv | F32 | 0 | but its scales 'a.weight_scale_inv' have [0]",
        "a.weight_scale_inv | U8 | 2,2 | tensor 'a.weight_scale_inv' is of type U8, expected F32",
        "b.weight_scale_inv | F32 | 2,2 | tensor 'a.weight' is of type F8_E4M3, but there is no"
      })
  void scalesThatDoNotFitAreErrorsByName(String name, String dtype, String shape, String message)
      throws IOException {
    StoredTensors stored = new StoredTensors().add("a.weight", "F8_E4M3", List.of(3, 4), codes(12));
    if (!shape.isEmpty()) {
      List<Integer> dimensions =
          List.of(shape.split(",", -1)).stream().map(Integer::valueOf).toList();
      int count = dimensions.stream().reduce(1, Math::multiplyExact);
      stored.add(name, dtype, dimensions, codes(dtype.equals("U8") ? count : 4 * count));
    }
    assertRefused(stored, BLOCKS, message);
  }

  @Test
  void scalesWithoutATensorAndTwiceAreErrorsByName() throws IOException {
    assertRefused(
        new StoredTensors().floats("a.weight_scale_inv", List.of(), 1),
        FP8,
        "tensor 'a.weight_scale_inv' needs 'a.weight', which is missing");
    assertRefused(
        new StoredTensors()
            .add("a.weight", "I8", List.of(1, 1), codes(1))
            .floats("a.weight_scale", List.of(), 1)
            .floats("a.weight_scale_inv", List.of(), 1),
        FP8,
        "tensor 'a.weight' has two tensors of scales");
    assertRefused(
        new StoredTensors()
            .floats("a.weight", List.of(1, 1), 1)
            .floats("a.weight_scale", List.of(), 1),
        FP8,
        "tensor 'a.weight' is of type F32, but has scales 'a.weight_scale'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"quant_method\": \"aqlm\"} | quantization_config.quant_method is 'aqlm': such weights",
        "{\"bits\": 4} | quantization_config.quant_method is missing",
        "{\"quant_method\": \"fp8\", \"weight_block_size\": [128]} | is not a pair of positive",
        "{\"quant_method\": \"fp8\", \"weight_block_size\": [0, 128]} | is not a pair of positive",
        "{\"quant_method\": \"fp8\", \"weight_block_size\": 128} | is not a pair of positive",
        "{\"quant_method\": \"fp8\", \"weight_block_size\": [1e9, 2]} | is not a pair of positive"
      })
  void otherMethodsAreRefusedByName(String quantization, String message) throws IOException {
    StoredTensors stored = new StoredTensors().add("a", "F8_E4M3", List.of(1), codes(1));
    assertRefused(stored, quantization, message);
  }

  private void assertRefused(StoredTensors stored, String quantization, String message)
      throws IOException {
    try (SafetensorsFile file = stored.open(temp)) {
      FormatException problem =
          assertThrows(
              FormatException.class, () -> StoredTensors.plain(file, quantization, new Notes()));
      assertTrue(problem.getMessage().contains(message), problem.getMessage());
      assertEquals(1, problem.getMessage().lines().count());
    }
  }

  private static byte[] codes(int count) {
    return new byte[count];
  }
}
