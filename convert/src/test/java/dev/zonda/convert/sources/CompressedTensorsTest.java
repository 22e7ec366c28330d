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
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the configuration of compressed-tensors says of the tensors beside it.
class CompressedTensorsTest {
  @TempDir private Path temp;

  private Map<String, float[]> plain(StoredTensors stored, String config, Notes notes)
      throws IOException {
    try (SafetensorsFile file = stored.open(temp)) {
      return StoredTensors.plain(file, config, notes).stream()
          .collect(Collectors.toMap(SourceTensor::name, tensor -> valuesOf(tensor.values(), 2)));
    }
  }

  private static String config(String format, String groups, String more) {
    return """
    {"quant_method": "compressed-tensors", "format": "%s", "config_groups": {%s}, "ignore": []
     %s}
    """
        .formatted(format, groups, more);
  }

  private static String weights(String fields) {
    return "{\"weights\": {" + fields + "}}";
  }

  /// Numbers 0 to 7 in each of two rows, in four bits.
  private static StoredTensors fourBits(String module, float... scales) {
    return new StoredTensors()
        .ints(module + ".weight_packed", List.of(2, 1), 0x76543210, 0x76543210)
        .floats(module + ".weight_scale", List.of(2, scales.length / 2), scales)
        .longs(module + ".weight_shape", List.of(2), 2, 8);
  }

  private static final String GROUPS_OF_FOUR =
      "\"num_bits\": 4, \"strategy\": \"group\", \"group_size\": 4, \"type\": \"int\"";

  @Test
  void columnsMayHaveGroupsInAnyOrder() throws IOException {
    String config =
        config(
            "pack-quantized",
            "\"a\": " + weights(GROUPS_OF_FOUR + ", \"actorder\": \"group\""),
            "");
    StoredTensors stored =
        fourBits("a", 1, 2, 10, 20).ints("a.weight_g_idx", List.of(8), 0, 1, 0, 1, 1, 1, 0, 0);
    float[] expected = {-8, -14, -6, -10, -8, -6, -2, -1, -80, -140, -60, -100, -80, -60, -20, -10};
    assertArrayEquals(expected, plain(stored, config, new Notes()).get("a.weight"));
    StoredTensors none =
        fourBits("a", 1, 2, 10, 20)
            .ints("a.weight_g_idx", List.of(8), -1, -1, -1, -1, -1, -1, -1, -1);
    float[] inOrder = {-8, -7, -6, -5, -8, -6, -4, -2, -80, -70, -60, -50, -80, -60, -40, -20};
    assertArrayEquals(inOrder, plain(none, config, new Notes()).get("a.weight"));
    String byWeight = config.replace("\"group\"}", "\"weight\"}");
    assertArrayEquals(
        inOrder, plain(fourBits("a", 1, 2, 10, 20), byWeight, new Notes()).get("a.weight"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0, 1, 0, 1, 1, 1, 0, 2 | tensor 'a.weight_g_idx' has group 2 at index 7, expected 0 to 1",
        "-1, 1, 0, 1, 1, 1, 0, 0 | tensor 'a.weight_g_idx' has group -1 at index 0, expected 0 to 1",
        "0, 1, 0, 1, 1, 1, 0 | are not a matrix of [2, 8]"
      })
  void groupsThatDoNotExistAreErrorsByName(String groups, String message) throws IOException {
    int[] index = List.of(groups.split(", ", -1)).stream().mapToInt(Integer::parseInt).toArray();
    StoredTensors stored =
        fourBits("a", 1, 2, 10, 20).ints("a.weight_g_idx", List.of(index.length), index);
    assertRefused(
        stored, config("pack-quantized", "\"a\": " + weights(GROUPS_OF_FOUR), ""), message);
  }

  /// Numbers of other sizes go over the edges of words, from the lowest bit on, and so do zeros
  /// from row to row.
  @Test
  void numbersMayGoOverTheEdgesOfWords() throws IOException {
    // Twelve numbers of three bits, 0 to 7 and 0 to 3, take 36; eleven zeros of a row each as well.
    long numbers = 0;
    long zeros = 0;
    for (int i = 0; i < 12; i++) {
      numbers |= (long) (i % 8) << (3 * i);
      zeros |= (long) ((i + 1) % 8) << (3 * i);
    }
    int low = (int) numbers;
    int high = (int) (numbers >>> Integer.SIZE);
    int[] words = new int[24];
    float[] scales = new float[12];
    float[] expected = new float[144];
    for (int row = 0; row < 12; row++) {
      words[2 * row] = low;
      words[2 * row + 1] = high;
      scales[row] = row + 1;
      for (int i = 0; i < 12; i++) {
        expected[12 * row + i] = (i % 8 - (row + 1) % 8) * (row + 1);
      }
    }
    StoredTensors stored =
        new StoredTensors()
            .ints("a.weight_packed", List.of(12, 2), words)
            .floats("a.weight_scale", List.of(12, 1), scales)
            .longs("a.weight_shape", List.of(2), 12, 12)
            .ints(
                "a.weight_zero_point", List.of(2, 1), (int) zeros, (int) (zeros >>> Integer.SIZE));
    String config =
        config(
            "pack-quantized",
            "\"a\": " + weights("\"num_bits\": 3, \"strategy\": \"channel\", \"symmetric\": false"),
            "");
    assertArrayEquals(expected, plain(stored, config, new Notes()).get("a.weight"));
  }

  @Test
  void oneScaleMayBeForAll() throws IOException {
    StoredTensors stored =
        new StoredTensors()
            .ints("a.weight_packed", List.of(2, 1), 0x3210, 0x7654)
            .floats("a.weight_scale", List.of(1), 2)
            .longs("a.weight_shape", List.of(2), 2, 4);
    String config = config("pack-quantized", "\"a\": " + weights("\"num_bits\": 4"), "");
    assertArrayEquals(
        new float[] {-16, -14, -12, -10, -8, -6, -4, -2},
        plain(stored, config, new Notes()).get("a.weight"));
  }

  /// A full name counts more than a pattern, a pattern more than a class.
  @Test
  void groupsHaveTargets() throws IOException {
    StoredTensors stored = new StoredTensors();
    byte[] codes = {1, 2, 3, 4};
    for (String module : List.of("m.0.q", "m.0.k", "m.1.k", "m.embed_tokens")) {
      stored
          .ints(module + ".weight_packed", List.of(1, 1), 0x3210)
          .longs(module + ".weight_shape", List.of(2), 1, 4);
    }
    stored
        .floats("m.0.q.weight_scale", List.of(1, 1), 1)
        .floats("m.0.k.weight_scale", List.of(1, 2), 1, 2)
        .floats("m.1.k.weight_scale", List.of(1, 4), 1, 2, 3, 4)
        .floats("m.embed_tokens.weight_scale", List.of(1, 1), 5)
        .add("m.v.weight", "I8", List.of(1, 4), codes)
        .floats("m.v.weight_scale", List.of(1, 1), 3)
        .floats("m.norm.weight", List.of(4), 1, 1, 1, 1);
    String groups =
        """
        "by class": {"targets": ["Linear"], "weights": {"num_bits": 4, "strategy": "channel"},
                     "format": "pack-quantized"},
        "by pattern": {"targets": ["re:m\\\\..\\\\.k$"], "format": "pack-quantized",
                       "weights": {"num_bits": 4, "group_size": 2}},
        "by name": {"targets": ["m.1.k"], "format": "pack-quantized",
                    "weights": {"num_bits": 4, "group_size": 1}},
        "bytes": {"targets": ["re:.*\\\\.v"], "format": "int-quantized",
                  "weights": {"num_bits": 8, "strategy": "channel"}},
        "embedding": {"targets": ["Embedding"], "format": "pack-quantized",
                      "weights": {"num_bits": 4, "strategy": "channel"}},
        "activations": {"targets": ["x"], "input_activations": {"num_bits": 8}}
        """;
    Map<String, float[]> found = plain(stored, config("mixed-precision", groups, ""), new Notes());
    assertArrayEquals(new float[] {-8, -7, -6, -5}, found.get("m.0.q.weight"));
    assertArrayEquals(new float[] {-8, -7, -12, -10}, found.get("m.0.k.weight"));
    assertArrayEquals(new float[] {-8, -14, -18, -20}, found.get("m.1.k.weight"));
    assertArrayEquals(new float[] {-40, -35, -30, -25}, found.get("m.embed_tokens.weight"));
    assertArrayEquals(new float[] {3, 6, 9, 12}, found.get("m.v.weight"));
    assertArrayEquals(new float[] {1, 1, 1, 1}, found.get("m.norm.weight"));
    assertRefused(
        stored,
        config("mixed-precision", groups.replace("Linear", "Conv1d"), ""),
        "quantization_config.config_groups has no targets for 'm.0.q', whose weights are quantized");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pack-quantized | 'a': {'weights': {'num_bits': 4, 'actorder': 'group'}} | '' | needs"
            + " 'a.weight_g_idx' for actorder group of config.json, but it is missing",
        "pack-quantized | 'a': {'weights': {'num_bits': 4, 'actorder': 'x'}} | '' | a.weights.actorder"
            + " is 'x', expected group or weight",
        "pack-quantized | 'a': {'weights': {'num_bits': 4, 'dynamic': true}} | '' | dynamic is not"
            + " false: such weights cannot be converted",
        "pack-quantized | 'a': {'weights': {'num_bits': 8, 'type': 'float'}} | '' | type is 'float',"
            + " expected int",
        "pack-quantized | 'a': {'weights': {'num_bits': 16}} | '' | num_bits is 16, expected 1, 2, 3",
        "pack-quantized | 'a': {'targets': ['re:('], 'weights': {'num_bits': 4}} | '' | targets cannot"
            + " be read: pattern '('",
        "mixed-precision | 'a': {'weights': {'num_bits': 4}} | '' | quantization_config.format is"
            + " 'mixed-precision': such weights",
        "nvfp4-pack-quantized | 'a': {'weights': {'num_bits': 4}} | '' | format is"
            + " 'nvfp4-pack-quantized': such weights",
        "pack-quantized | 'a': {'format': 'marlin-24', 'weights': {'num_bits': 4}} | '' |"
            + " config_groups.a.format is 'marlin-24': such weights",
        "pack-quantized | '' | 'sparsity_config': {'format': 'sparse-24-bitmask'} |"
            + " sparsity_config.format is 'sparse-24-bitmask': such weights",
        "pack-quantized | '' | 'transform_config': {'config_groups': {'u': {}}} | transform_config"
            + " transforms activations: such models"
      })
  void otherFormsAreRefusedByName(String format, String groups, String more, String message)
      throws IOException {
    String config =
        config(
            format,
            groups.replace('\'', '"'),
            more.isEmpty() ? "" : ", " + more.replace('\'', '"'));
    assertRefused(fourBits("a", 1, 2), config, message);
  }

  @Test
  void fieldsThatNobodyKnowsAreNamed() throws IOException {
    Notes notes = new Notes();
    String config =
        config(
            "pack-quantized",
            "\"a\": " + weights(GROUPS_OF_FOUR + ", \"observer\": \"minmax\", \"mirrored\": true"),
            ", \"kv_cache_scheme\": {\"num_bits\": 8}, \"version\": \"0.14\", \"twist\": 1");
    assertEquals(1, plain(fourBits("a", 1, 2, 10, 20), config, notes).size());
    assertEquals(
        List.of(
            "fields that are not read, though they could change what the weights are:"
                + " quantization_config.twist, quantization_config.config_groups.a.weights.mirrored"),
        notes.list());
  }

  private void assertRefused(StoredTensors stored, String config, String message)
      throws IOException {
    FormatException e =
        assertThrows(FormatException.class, () -> plain(stored, config, new Notes()));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}
