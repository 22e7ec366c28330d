package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Quantizes a real model through the real command and compares whole files with what
/// llama-quantize made of it.
class QuantizedReferenceTest {
  private static final String REFERENCE = "models/shakespeare-mistral.reference/";

  @TempDir private static Path folder;

  private static Path source;
  private static JsonNode reference;

  @BeforeAll
  static void convert() throws IOException {
    reference =
        JsonMapper.shared()
            .readTree(Files.readString(TestData.path(REFERENCE + "reference.json")))
            .get("quantize");
    source = folder.resolve("source.gguf");
    CliRun run =
        CliRun.of(
            "convert",
            TestData.shakespeareMistral().toString(),
            "--as-reference",
            "-o",
            source.toString());
    assertEquals(0, run.exitCode(), run.err());
  }

  private static Path quantized(String... options) {
    Path output = folder.resolve("quantized.gguf");
    String[] arguments = new String[options.length + 5];
    arguments[0] = "quantize";
    arguments[1] = source.toString();
    arguments[2] = "--force";
    arguments[3] = "-o";
    arguments[4] = output.toString();
    System.arraycopy(options, 0, arguments, 5, options.length);
    CliRun run = CliRun.of(arguments);
    assertEquals(0, run.exitCode(), run.err());
    return output;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, String> tensorHashes(GgufFile file) {
    Map<String, String> hashes = new TreeMap<>();
    for (TensorInfo tensor : file.tensors()) {
      byte[] bytes = file.data(tensor).toArray(ValueLayout.JAVA_BYTE);
      hashes.put(tensor.name(), sha256(bytes).substring(0, 16));
    }
    return hashes;
  }

  private static Map<String, String> expectedTensorHashes(String key) {
    Map<String, String> hashes = new TreeMap<>();
    for (var entry : reference.get(key).get("tensor_sha256").properties()) {
      hashes.put(entry.getKey(), entry.getValue().asString());
    }
    return hashes;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M",
        "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ3_S", "IQ3_M", "IQ4_NL",
        "IQ4_XS"
      })
  void filesHaveTheReferencesBytes(String type) throws IOException {
    Path output = quantized("-t", type);
    JsonNode expected = reference.get(type);
    // Tensor by tensor first, for a useful message.
    try (GgufFile file = GgufFile.open(output)) {
      assertEquals(expectedTensorHashes(type), tensorHashes(file));
    }
    assertEquals(expected.get("bytes").asLong(), Files.size(output));
    assertEquals(expected.get("sha256").asString(), sha256(Files.readAllBytes(output)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q2_K_S", "Q4_0", "Q5_0", "Q3_K_M", "Q4_K_M", "Q6_K"})
  void tensorsWithImportanceHaveTheReferencesBytes(String type) throws IOException {
    Path matrix = TestData.path(REFERENCE + "imatrix.gguf");
    Path output = quantized("-t", type, "--imatrix", matrix.toString());
    try (GgufFile file = GgufFile.open(output)) {
      assertEquals(expectedTensorHashes(type + "+imatrix"), tensorHashes(file));
      Metadata metadata = file.metadata();
      assertEquals(
          List.of(
              "general.quantization_version",
              "general.file_type",
              "quantize.imatrix.file",
              "quantize.imatrix.dataset",
              "quantize.imatrix.entries_count",
              "quantize.imatrix.chunks_count"),
          metadata.entries().keySet().stream().skip(metadata.size() - 6).toList());
      assertEquals(
          Optional.of("texts/calibration-text.txt"), metadata.text("quantize.imatrix.dataset"));
      assertEquals(28, metadata.integer("quantize.imatrix.entries_count").orElseThrow());
      assertEquals(90, metadata.integer("quantize.imatrix.chunks_count").orElseThrow());
    }
  }

  /// The hashes are of llama-quantize's files for a matrix named imatrix.gguf.
  @ParameterizedTest
  @CsvSource({
    "IQ1_S, 826830a565c29b4153a7ffbfc3a0b6ca0cd887878c0207dcba0073ccc629ff83",
    "IQ1_M, 76087e2fb7d2fab4f33c953d49bae1bc41122622da4954473343ca9695bcdebc",
    "IQ2_XXS, 1c028c207cb46e6616bd1b886858301566a1558adc4c7517e0ce09f7343ef561",
    "IQ2_XS, 001b717472f9f921692529a409f5ed3f7aab36cfdc8d38c02fe0647716d5ebb6",
    "IQ2_S, d65d3988482982d5bbb50ab3a2e7ff770ba36e061cae8705d76da8c53a73807c",
    "IQ2_M, 178aeaed2deb2f9050166d42c882c52649e778d2a06f689576924b7c30b5d371",
    "IQ3_XXS, 261272cfa30124edb35a2c4953c7446f41d9adfaf4a705390f9f50466b743f49",
    "IQ3_XS, cc657370e5c22caee56f0d57be3859f67aefb53669b30737f1fdb4337a5cfe89",
    "IQ3_S, 58e0366bd8553c3558084bc8fd0b8a14a1e5642d009d636cc1b724ffc0ff9277",
    "IQ3_M, d86f4471333946a4d215a13020194a6fd29f495679411156af85ee5633769848",
    "IQ4_NL, 5484c891834b88b95bc522318add3f1e485748ba395799ada419374c3929ce7c",
    "IQ4_XS, 2688a52f9cfe3fc29e76a1198f46e3cb025861322e9032b5ff4f49ffc6907b58"
  })
  void filesWithImportanceHaveTheReferencesBytes(String type, String sha256) throws IOException {
    Path matrix = TestData.path(REFERENCE + "imatrix.gguf");
    Path output = quantized("-t", type, "--imatrix", matrix.toString());
    try (GgufFile file = GgufFile.open(output)) {
      assertEquals(expectedTensorHashes(type + "+imatrix"), tensorHashes(file));
    }
    assertEquals(sha256, sha256(withMatrixNamed(output, "imatrix.gguf")));
  }

  /// Just where the reference refuses, too.
  @ParameterizedTest
  @ValueSource(
      strings = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS", "IQ3_XS"})
  void smallTypesNeedAMatrix(String type) {
    assertTrue(reference.get(type).has("error"));
    Path output = folder.resolve("none.gguf");
    CliRun run = CliRun.of("quantize", source.toString(), "-t", type, "-o", output.toString());
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("--imatrix"), run.err());
    assertTrue(Files.notExists(output));
  }

  /// The hashes are of llama-quantize's files for a matrix of that name in the working folder.
  @ParameterizedTest
  @CsvSource({
    "imatrix.gguf, 117ad5e4e7420bd1a99321aa06dcb35c8440ad04d2f1bf6b82a2f2be16a0def9",
    "imatrix.dat, dbfcfc5c9749fa848799f6a9dbf498b72a4b8d3882fb64cc684a68d8d64c4063"
  })
  void bothKindsOfMatricesAreRead(String matrix, String sha256) throws IOException {
    Path output =
        quantized("-t", "Q4_K_M", "--imatrix", TestData.path(REFERENCE + matrix).toString());
    assertEquals(sha256, sha256(withMatrixNamed(output, matrix)), matrix);
  }

  /// The file as it would be for a matrix named without its folder.
  private static byte[] withMatrixNamed(Path file, String matrix) throws IOException {
    Path renamed = folder.resolve("renamed.gguf");
    try (GgufFile model = GgufFile.open(file)) {
      Metadata.Builder metadata = Metadata.builder();
      model
          .metadata()
          .entries()
          .forEach((key, value) -> {
            if (key.equals("quantize.imatrix.file")) {
              metadata.putText(key, matrix);
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

  @Test
  void theSmallestTypeNeedsAMatrix() {
    CliRun run =
        CliRun.of(
            "quantize",
            source.toString(),
            "-t",
            "Q2_K_S",
            "-o",
            folder.resolve("none.gguf").toString());
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("--imatrix"), run.err());
    assertTrue(Files.notExists(folder.resolve("none.gguf")));
  }

  @Test
  void theNumberOfThreadsDoesNotMatter() throws IOException {
    String one = sha256(Files.readAllBytes(quantized("-t", "Q4_K_S", "--threads", "1")));
    String five = sha256(Files.readAllBytes(quantized("-t", "Q4_K_S", "--threads", "5")));
    assertEquals(reference.get("Q4_K_S").get("sha256").asString(), one);
    assertEquals(one, five);
  }
}
