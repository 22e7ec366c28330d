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
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Small integers in words of 32 bits: GPTQ, AWQ, compressed-tensors.
class PackedTensorsTest {
  private static final String GPTQ = "{\"quant_method\":\"gptq\",\"bits\":4,\"group_size\":4}";
  private static final String AWQ =
      "{\"quant_method\":\"awq\",\"bits\":4,\"group_size\":1,\"version\":\"gemm\"}";

  @TempDir private Path temp;

  @Test
  void gptqTakesGroupsInAnyOrder() throws IOException {
    float[] first = {-2, -1, 0, 1, -24, -22, -20, -18};
    float[] second = {-1, 0, 1, 2, -22, -20, -18, -16};
    float[] permuted = {-32, -1, -28, 1, -24, 3, -20, 5};
    try (SafetensorsFile file = gptq(0, 0, 0, 0, 1, 1, 1, 1).open(temp)) {
      SourceTensor plain = StoredTensors.plain(file, GPTQ, new Notes()).getFirst();
      assertEquals("a.weight", plain.name());
      // Numbers are 0 to 7; zeros 1 and 15, to which the first version adds one; scales 1 and 2.
      assertArrayEquals(first, firstRow(valuesOf(plain.values(), 3)));
      String version = GPTQ.replace("}", ",\"checkpoint_format\":\"gptq_v2\"}");
      SourceTensor other = StoredTensors.plain(file, version, new Notes()).getFirst();
      assertArrayEquals(second, firstRow(valuesOf(other.values(), 1)));
    }
    try (SafetensorsFile file = gptq(1, 0, 1, 0, 1, 0, 1, 0).open(temp)) {
      SourceTensor plain = StoredTensors.plain(file, GPTQ, new Notes()).getFirst();
      assertArrayEquals(permuted, firstRow(valuesOf(plain.values(), 8)));
    }
  }

  @Test
  void awqTakesEvenOutputsFirst() throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .ints("a.qweight", List.of(2, 1), 0x76543210, 0x11111111)
            .ints("a.qzeros", List.of(2, 1), 0, 0x76543210)
            .add("a.scales", "F16", List.of(2, 8), halves(16));
    float[] expected = {0, 1, 4, -3, 1, 0, 5, -4, 2, -1, 6, -5, 3, -2, 7, -6};
    try (SafetensorsFile file = stored.open(temp)) {
      SourceTensor plain = StoredTensors.plain(file, AWQ, new Notes()).getFirst();
      for (int step = 1; step <= 8; step++) {
        assertArrayEquals(expected, valuesOf(plain.values(), step));
      }
    }
  }

  @Test
  void compressedTensorsPackZerosAlongRows() throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .ints("a.weight_packed", List.of(2, 1), 0x3210, 0x7654)
            .floats("a.weight_scale", List.of(2, 2), 1, 2, 4, 8)
            .longs("a.weight_shape", List.of(2), 2, 4)
            .ints("a.weight_zero_point", List.of(1, 2), 0x21, 0x43);
    float[] symmetric = {-8, -7, -12, -10, -16, -12, -16, -8};
    float[] asymmetric = {-1, 0, -2, 0, 8, 12, 16, 24};
    try (SafetensorsFile file = stored.open(temp)) {
      SourceTensor plain = StoredTensors.plain(file, packed("false"), new Notes()).getFirst();
      assertEquals("a.weight", plain.name());
      assertArrayEquals(asymmetric, valuesOf(plain.values(), 1));
      assertArrayEquals(asymmetric, valuesOf(plain.values(), 2));
    }
    StoredTensors without =
        new StoredTensors()
            .ints("a.weight_packed", List.of(2, 1), 0x3210, 0x7654)
            .floats("a.weight_scale", List.of(2, 2), 1, 2, 4, 8)
            .longs("a.weight_shape", List.of(2), 2, 4);
    try (SafetensorsFile file = without.open(temp)) {
      SourceTensor plain = StoredTensors.plain(file, packed("true"), new Notes()).getFirst();
      assertArrayEquals(symmetric, valuesOf(plain.values(), 1));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "8 | 0 | tensor 'a.g_idx' has group 8 at index 3, expected 0 to 1",
        "-1 | 0 | tensor 'a.g_idx' has group -1 at index 3, expected 0 to 1",
        "0 | 1 | do not belong together: expected numbers of 4 bits in words of I32",
        "0 | 2 | tensor 'a.qweight' needs 'a.scales', which is missing",
        "0 | 3 | tensor 'a.qweight' needs 'a.g_idx', which is missing"
      })
  void whatGptqLacksIsAnErrorByName(int group, int fault, String message) throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .ints("a.qweight", List.of(1, 8), new int[8])
            .ints("a.qzeros", List.of(fault == 1 ? 1 : 2, 1), new int[fault == 1 ? 1 : 2]);
    if (fault != 2) {
      stored.add("a.scales", "F16", List.of(2, 8), halves(16));
    }
    if (fault != 3) {
      stored.ints("a.g_idx", List.of(8), 0, 0, 0, group, 1, 1, 1, 1);
    }
    assertRefused(stored, GPTQ.replace("}", ",\"desc_act\":true}"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2, 5 | are not a matrix of [2, 5]",
        "2, 9 | are not a matrix of [2, 9]",
        "2, -4 | tensor 'a.weight_shape' says 2 rows and -4 columns",
        "9223372036854775807, 4 | says 9223372036854775807 rows",
        "2, 8 | has 2 scales in a row, but config.json says group_size 2 for 8 columns"
      })
  void shapesThatDoNotFitAreErrorsByName(String shape, String message) throws IOException {
    long[] dimensions = List.of(shape.split(", ", -1)).stream().mapToLong(Long::valueOf).toArray();
    StoredTensors stored =
        new StoredTensors()
            .ints("a.weight_packed", List.of(2, 1), 0, 0)
            .floats("a.weight_scale", List.of(2, 2), 1, 2, 4, 8)
            .longs("a.weight_shape", List.of(2), dimensions);
    assertRefused(stored, packed("true"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"quant_method\":\"gptq\",\"bits\":5,\"group_size\":4} | bits is 5, expected 2, 3, 4 or 8",
        "{\"quant_method\":\"gptq\",\"bits\":4} | group_size is missing",
        "{\"quant_method\":\"gptq\",\"bits\":4,\"group_size\":4,\"checkpoint_format\":\"marlin\"}"
            + " | checkpoint_format is 'marlin', expected gptq",
        "{\"quant_method\":\"awq\",\"bits\":4,\"group_size\":4,\"version\":\"gemv\"}"
            + " | version is 'gemv', expected gemm",
        "{\"quant_method\":\"awq\",\"bits\":4,\"group_size\":4,\"checkpoint_format\":\"gemv_fast\"}"
            + " | checkpoint_format is 'gemv_fast', expected gemm",
        "{\"quant_method\":\"compressed-tensors\",\"format\":\"marlin-24\","
            + "\"config_groups\":{\"a\":{\"weights\":{}}}} | format is 'marlin-24': such weights",
        "{\"quant_method\":\"compressed-tensors\",\"format\":\"int-quantized\","
            + "\"config_groups\":{\"a\":{\"weights\":{\"strategy\":\"token\"}}}} | is 'token'"
      })
  void otherFormsAreRefusedByName(String quantization, String message) throws IOException {
    assertRefused(gptq(0, 0, 0, 0, 1, 1, 1, 1), quantization, message);
  }

  /// Eight inputs in two groups, eight outputs that are alike.
  private static StoredTensors gptq(int... groups) {
    int[] words = new int[8];
    Arrays.fill(words, 0x76543210);
    float[] scales = {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
    return new StoredTensors()
        .ints("a.g_idx", List.of(8), groups)
        .ints("a.qweight", List.of(1, 8), words)
        .ints("a.qzeros", List.of(2, 1), 0x11111111, 0xFFFFFFFF)
        .floats("a.scales", List.of(2, 8), scales);
  }

  private static float[] firstRow(float[] values) {
    return Arrays.copyOf(values, 8);
  }

  private static byte[] halves(int count) {
    byte[] ones = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      ones[2 * i + 1] = 0x3C;
    }
    return ones;
  }

  private static String packed(String symmetric) {
    return """
    {"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"a":
    {"weights": {"strategy": "group", "group_size": 2, "num_bits": 4, "symmetric": %s}}}}
    """
        .formatted(symmetric);
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
}
