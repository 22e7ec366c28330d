package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every file type, with and without importance matrix, on three models: whole files equal those of
/// llama-quantize. With a matrix the metadata hold its path and the name of its text, which are not
/// the reference's here: there all tensors are compared.
@Tag("slow")
class EveryFileTypeTest {
  private static final String WITH_MATRIX = "+imatrix";

  @TempDir private static Path folder;

  @TestFactory
  Stream<DynamicTest> shakespeareMistral() throws IOException {
    return everyType(
        converted(TestData.shakespeareMistral()),
        TestData.path("models/shakespeare-mistral.reference/reference.json"),
        TestData.path("models/shakespeare-mistral.reference/imatrix.gguf"));
  }

  @TestFactory
  Stream<DynamicTest> mistral() throws IOException {
    return everyType(
        converted(TestData.path("zoo/mistral/hf")),
        TestData.path("zoo/mistral/quantized.json"),
        TestData.path("zoo/mistral/imatrix.gguf"));
  }

  @TestFactory
  Stream<DynamicTest> mixtral() throws IOException {
    Path checkpoint = folder.resolve("mixtral");
    SeededCheckpoint.writeNetwork("mixtral", checkpoint);
    return everyType(
        converted(checkpoint),
        TestData.path("zoo/mixtral/quantized.json"),
        TestData.path("zoo/mixtral/imatrix.gguf"));
  }

  private static Path converted(Path checkpoint) throws IOException {
    Path source = Files.createTempFile(folder, "source", ".gguf");
    CliRun run =
        CliRun.of(
            "convert", checkpoint.toString(), "--as-reference", "--force", "-o", source.toString());
    assertEquals(0, run.exitCode(), run.err());
    return source;
  }

  private static Stream<DynamicTest> everyType(Path source, Path golden, Path matrix)
      throws IOException {
    JsonNode files = JsonMapper.shared().readTree(Files.readString(golden)).get("quantize");
    assertEquals(70, files.size());
    return files.properties().stream()
        .map(file ->
            DynamicTest.dynamicTest(
                file.getKey(), () -> check(source, file.getKey(), file.getValue(), matrix)));
  }

  private static void check(Path source, String key, JsonNode expected, Path matrix)
      throws IOException {
    boolean weighted = key.endsWith(WITH_MATRIX);
    Path output = folder.resolve("quantized.gguf");
    List<String> arguments =
        new ArrayList<>(List.of("quantize", source.toString(), "--force", "-o", output.toString()));
    arguments.addAll(List.of("-t", weighted ? key.replace(WITH_MATRIX, "") : key));
    if (weighted) {
      arguments.addAll(List.of("--imatrix", matrix.toString()));
    }
    CliRun run = CliRun.of(arguments.toArray(String[]::new));
    if (expected.has("error")) {
      assertEquals(3, run.exitCode(), "the reference refuses this");
      assertTrue(run.err().contains("--imatrix"), run.err());
      return;
    }
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile file = GgufFile.open(output)) {
      assertEquals(hashes(expected.get("tensor_sha256")), hashes(file));
    }
    if (!weighted) {
      assertEquals(expected.get("bytes").asLong(), Files.size(output));
      assertEquals(expected.get("sha256").asString(), sha256(Files.readAllBytes(output)));
    }
  }

  private static Map<String, String> hashes(JsonNode tensors) {
    Map<String, String> hashes = new TreeMap<>();
    tensors.properties().forEach(entry -> hashes.put(entry.getKey(), entry.getValue().asString()));
    return hashes;
  }

  private static Map<String, String> hashes(GgufFile file) {
    Map<String, String> hashes = new TreeMap<>();
    for (TensorInfo tensor : file.tensors()) {
      byte[] bytes = file.data(tensor).toArray(ValueLayout.JAVA_BYTE);
      hashes.put(tensor.name(), sha256(bytes).substring(0, 16));
    }
    return hashes;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
