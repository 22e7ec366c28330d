package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The options of `quantize` and `convert`, run on a real model: whole files are compared with what
/// llama-quantize wrote with the same options.
class TypeOptionsTest {
  @TempDir private static Path folder;

  private static Path source;

  static Stream<Arguments> cases() throws IOException {
    JsonNode golden = golden();
    return golden
        .get("cases")
        .valueStream()
        .map(value ->
            Arguments.of(
                value.get("type").asString(),
                value.get("options").asString(),
                value.get("sha256").asString()));
  }

  private static JsonNode golden() throws IOException {
    return JsonMapper.shared()
        .readTree(Files.readString(TestData.path("golden/type-options.json")));
  }

  @BeforeAll
  static void prepare() throws IOException {
    Files.writeString(folder.resolve("RULES"), golden().get("rules").asString());
    Files.copy(
        TestData.path("models/shakespeare-mistral.reference/imatrix.gguf"),
        folder.resolve("imatrix.gguf"));
    source = folder.resolve("source.gguf");
    CliRun run =
        CliRun.of("convert", TestData.shakespeareMistral().toString(), "-o", source.toString());
    assertEquals(0, run.exitCode(), run.err());
  }

  private static CliRun run(String command, Path input, Path output, List<String> options) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of(command, input.toString(), "--force", "-o", output.toString()));
    arguments.addAll(options);
    return CliRun.of(arguments.toArray(String[]::new));
  }

  private static CliRun quantize(String... options) {
    return run("quantize", source, folder.resolve("out.gguf"), List.of(options));
  }

  /// The options of a case, files in their place.
  private static List<String> options(String type, String options) {
    List<String> words = new ArrayList<>(List.of("-t", type));
    for (String word : options.strip().split(" +", -1)) {
      boolean isFile = word.equals("RULES") || word.equals("imatrix.gguf");
      if (!word.isEmpty()) {
        words.add(isFile ? folder.resolve(word).toString() : word);
      }
    }
    return words;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void filesHaveTheReferencesBytes(String type, String options, String sha256) throws IOException {
    Path output = folder.resolve("quantized.gguf");
    CliRun run = run("quantize", source, output, options(type, options));
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(sha256, sha256(withMatrixNamedAlone(output)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void convertTakesThemInTheSamePass(String type, String options, String sha256)
      throws IOException {
    Path output = folder.resolve("converted.gguf");
    CliRun run = run("convert", TestData.shakespeareMistral(), output, options(type, options));
    assertEquals(0, run.exitCode(), run.err());
    if (type.equals("F16")) {
      // The converter halves the weights before the quantizer sees them: as both tools in turn.
      Path halved = folder.resolve("halved.gguf");
      Path inTurn = folder.resolve("in-turn.gguf");
      assertEquals(
          0, run("convert", TestData.shakespeareMistral(), halved, List.of("-t", type)).exitCode());
      assertEquals(0, run("quantize", halved, inTurn, options(type, options)).exitCode());
      assertEquals(-1, Files.mismatch(inTurn, output));
      try (GgufFile file = GgufFile.open(output)) {
        assertEquals(TensorType.Q8_0, file.find("output.weight").orElseThrow().type());
        assertEquals(TensorType.F16, file.find("blk.0.attn_q.weight").orElseThrow().type());
      }
    } else {
      assertEquals(sha256, sha256(withMatrixNamedAlone(output)));
    }
  }

  /// The file as it would be had the matrix been named without its folder, as in the reference.
  private static byte[] withMatrixNamedAlone(Path file) throws IOException {
    Path renamed = folder.resolve("renamed.gguf");
    try (GgufFile model = GgufFile.open(file)) {
      if (model.metadata().text("quantize.imatrix.file").isEmpty()) {
        return Files.readAllBytes(file);
      }
      Metadata.Builder metadata = Metadata.builder();
      model
          .metadata()
          .entries()
          .forEach((key, value) -> {
            if (key.equals("quantize.imatrix.file")) {
              metadata.putText(key, "imatrix.gguf");
            } else {
              metadata.put(key, value);
            }
          });
      GgufLayout layout =
          GgufLayout.plan(
              metadata.build(), model.tensors().stream().map(TensorInfo::spec).toList());
      try (TensorFile writer = TensorFile.create(renamed, layout, OverwritePolicy.REPLACE)) {
        for (TensorInfo tensor : layout.tensors()) {
          writer.write(tensor, 0, model.data(model.find(tensor.name()).orElseThrow()));
        }
        writer.commit();
      }
    }
    return Files.readAllBytes(renamed);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theOutputTensorStaysWhatItIs() throws IOException {
    assertEquals(0, quantize("-t", "Q4_K_S", "--leave-output-tensor").exitCode());
    try (GgufFile file = GgufFile.open(folder.resolve("out.gguf"))) {
      assertEquals(TensorType.BF16, file.find("output.weight").orElseThrow().type());
      assertEquals(TensorType.Q4_K, file.find("token_embd.weight").orElseThrow().type());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--tensor-type attn_v; 'attn_v' is not a rule",
        "--tensor-type =q8_0; '=q8_0' is not a rule",
        "--tensor-type attn=Q9; unknown tensor type 'Q9', choose one of F32, F16",
        "--tensor-type (a=q8_0; pattern '(a': ')' is missing",
        "--tensor-type (a)\\1=q8_0; \\1 is not supported",
        "--output-tensor-type Q4_K_M; unknown tensor type 'Q4_K_M'",
        "--token-embedding-type i32; unknown tensor type 'i32'",
        "--include-weights a; need an importance matrix",
        "--imatrix x --include-weights a --exclude-weights b; weights can be included or excluded, not both"
      })
  void wrongOptionsAreUsageErrors(String options, String message) {
    List<String> words = new ArrayList<>(List.of("-t", "Q8_0"));
    words.addAll(List.of(options.split(" ")));
    CliRun run = run("quantize", source, folder.resolve("none.gguf"), words);
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(Files.exists(folder.resolve("none.gguf")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"attn_v", "(=q8_0", "a=b=q8_0", "attn_v=q8_0 \u001b[2J=q8_0"})
  void aBrokenFileOfRulesIsBadInput(String rules) throws IOException {
    Path file = Files.writeString(folder.resolve("broken"), rules);
    CliRun run = quantize("-t", "Q8_0", "--tensor-type-file", file.toString());
    assertEquals(3, run.exitCode(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("error: " + file + ": "), run.err());
    assertFalse(run.err().contains("\u001b"), run.err());
  }
}
