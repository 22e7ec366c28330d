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
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What GPTQ's configuration says of the tensors beside it.
class GptqTest {
  private static final int SIZE = 32;

  @TempDir private Path temp;

  /// A matrix of 32 inputs and outputs: the number of input `i` and output `o` is `i + o` in so
  /// many bits, its zero 0, its scale 1 in the first group and 2 in the second.
  private static StoredTensors matrix(StoredTensors stored, String module, int bits, int groups) {
    int[] words = new int[bits * SIZE];
    int[] zeros = new int[groups * bits];
    for (int output = 0; output < SIZE; output++) {
      BigInteger column = BigInteger.ZERO;
      for (int input = 0; input < SIZE; input++) {
        column = column.or(BigInteger.valueOf(number(input, output, bits)).shiftLeft(bits * input));
      }
      for (int word = 0; word < bits; word++) {
        words[word * SIZE + output] = column.shiftRight(Integer.SIZE * word).intValue();
      }
    }
    float[] scales = new float[groups * SIZE];
    Arrays.fill(scales, 2);
    Arrays.fill(scales, 0, SIZE, 1);
    return stored
        .ints(module + ".qweight", List.of(bits, SIZE), words)
        .ints(module + ".qzeros", List.of(groups, bits), zeros)
        .floats(module + ".scales", List.of(groups, SIZE), scales);
  }

  private static int number(int input, int output, int bits) {
    return (input + output) & ((1 << bits) - 1);
  }

  /// The values of such a matrix, in the second version, which stores zeros as they are.
  private static float[] expected(int bits, int groups) {
    float[] values = new float[SIZE * SIZE];
    for (int output = 0; output < SIZE; output++) {
      for (int input = 0; input < SIZE; input++) {
        int scale = input * groups / SIZE == 0 ? 1 : 2;
        values[output * SIZE + input] = scale * number(input, output, bits);
      }
    }
    return values;
  }

  private static String config(String more) {
    return """
    {"quant_method": "gptq", "bits": 4, "group_size": 16, "checkpoint_format": "gptq_v2",
     "sym": true %s}
    """
        .formatted(more);
  }

  private Map<String, float[]> plain(StoredTensors stored, String config, Notes notes)
      throws IOException {
    try (SafetensorsFile file = stored.open(temp)) {
      return StoredTensors.plain(file, config, notes).stream()
          .collect(Collectors.toMap(SourceTensor::name, tensor -> valuesOf(tensor.values(), 5)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void numbersOfAnyKnownSizeAreRead(int bits) throws IOException {
    StoredTensors stored = matrix(new StoredTensors(), "a", bits, 2);
    String config = config("").replace("\"bits\": 4", "\"bits\": " + bits);
    assertArrayEquals(expected(bits, 2), plain(stored, config, new Notes()).get("a.weight"));
  }

  /// Three bits do not divide a word: zeros go over its edge, too.
  @Test
  void zerosOfThreeBitsGoOverTheEdgesOfWords() throws IOException {
    // 5 in every place: 101 101 101 …
    int[] fives = {0x6DB6DB6D, (int) 0xDB6DB6DBL, (int) 0xB6DB6DB6L};
    StoredTensors stored =
        new StoredTensors()
            .ints("a.qweight", List.of(3, SIZE), new int[3 * SIZE])
            .ints("a.qzeros", List.of(1, 3), fives)
            .floats("a.scales", List.of(1, SIZE), ones());
    String config =
        config("")
            .replace("\"bits\": 4", "\"bits\": 3")
            .replace("\"group_size\": 16", "\"group_size\": -1");
    float[] all = new float[SIZE * SIZE];
    Arrays.fill(all, -5);
    assertArrayEquals(all, plain(stored, config, new Notes()).get("a.weight"));
    Arrays.fill(all, -6);
    assertArrayEquals(
        all, plain(stored, config.replace("gptq_v2", "gptq"), new Notes()).get("a.weight"));
  }

  private static float[] ones() {
    float[] ones = new float[SIZE];
    Arrays.fill(ones, 1);
    return ones;
  }

  /// The first rule that matches counts; a name must begin as its pattern says.
  @Test
  void dynamicRulesGiveModulesTheirOwnBits() throws IOException {
    StoredTensors stored = new StoredTensors();
    matrix(stored, "model.layers.0.mlp.down_proj", 8, 2);
    matrix(stored, "model.layers.1.mlp.down_proj", 2, 1);
    matrix(stored, "model.layers.1.mlp.up_proj", 4, 2);
    matrix(stored, "down_proj", 4, 2);
    String rules =
        """
        , "dynamic": {
          "-:.*lm_head": {},
          "+:.*\\\\.1\\\\..*down_proj": {"bits": 2, "group_size": -1, "mse": 0.1},
          ".+down_proj$": {"bits": 8, "desc_act": false},
          "+:.*": {}
        }
        """;
    Notes notes = new Notes();
    Map<String, float[]> found = plain(stored, config(rules), notes);
    assertArrayEquals(expected(8, 2), found.get("model.layers.0.mlp.down_proj.weight"));
    assertArrayEquals(expected(2, 1), found.get("model.layers.1.mlp.down_proj.weight"));
    assertArrayEquals(expected(4, 2), found.get("model.layers.1.mlp.up_proj.weight"));
    assertArrayEquals(expected(4, 2), found.get("down_proj.weight"));
    assertEquals(List.of(), notes.list());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'-:a': {} | quantization_config.dynamic leaves out 'a' by the rule '-:a', but its weights are",
        "'+:(a': {} | quantization_config.dynamic.+:(a is not a rule: pattern '(a': ')' is missing",
        "'+:(?<!b)a': {} | is not a rule: pattern '(?<!b)a': (? must be followed by",
        "'+:': {} | is not a rule: a pattern has 1 to 1000 characters",
        "'+:a': {'bits': 5} | quantization_config.dynamic.+:a.bits is 5, expected 2, 3, 4 or 8",
        "'+:a': 4 | quantization_config.dynamic.+:a is 4, expected an object",
        "'+:a': {'bits': 8} | group_size 16 for 16 inputs of 8 bits",
        "'+:a': {'group_size': 8} | group_size 8 for 32 inputs of 4 bits",
        "'+:a': {'desc_act': true} | tensor 'a.qweight' needs 'a.g_idx', which is missing"
      })
  void rulesThatCannotBeFollowedAreRefusedByName(String rule, String message) throws IOException {
    StoredTensors stored = matrix(new StoredTensors(), "a", 4, 2);
    String config = config(", \"dynamic\": {" + rule.replace('\'', '"') + "}");
    FormatException e =
        assertThrows(FormatException.class, () -> plain(stored, config, new Notes()));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"is_marlin_format\": true | is_marlin_format is true: such weights cannot be converted",
        "\"pack_dtype\": \"int64\" | pack_dtype is 'int64', expected int32",
        "\"dynamic\": [] | dynamic is an array, expected an object"
      })
  void otherLayoutsAreRefusedByName(String field, String message) throws IOException {
    StoredTensors stored = matrix(new StoredTensors(), "a", 4, 2);
    FormatException e =
        assertThrows(FormatException.class, () -> plain(stored, config(", " + field), new Notes()));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void fieldsThatNobodyKnowsAreNamed() throws IOException {
    StoredTensors stored = matrix(new StoredTensors(), "a", 4, 2);
    Notes notes = new Notes();
    String more =
        """
        , "rotation": "hadamard", "damp_percent": 0.1, "meta": {"quantizer": ["x"]}, "x": null,
        "dynamic": {"+:a": {"adapter": {"rank": 8}}}
        """;
    assertArrayEquals(expected(4, 2), plain(stored, config(more), notes).get("a.weight"));
    assertEquals(
        List.of(
            "fields that are not read, though they could change what the weights are:"
                + " quantization_config.rotation, quantization_config.dynamic.+:a.adapter"),
        notes.list());
  }
}
