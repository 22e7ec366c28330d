package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/// The whole way of families whose layers keep states: converted, quantized to the bytes of
/// llama-quantize, and compared with what they were.
class FamilyQuantizingTest {
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();

  @TempDir private Path temp;

  static Stream<Arguments> references() throws IOException {
    return JsonMapper.shared()
        .readTree(Files.readString(TestData.path("families/quantized.json")))
        .properties()
        .stream()
        .map(model -> Arguments.of(model.getKey(), model.getValue().stringValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("references")
  void isQuantizedAsTheReferenceDoesAndComparesSanely(String name, String sha256) throws Exception {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    String source = temp.resolve("source.gguf").toString();
    String quantized = temp.resolve("quantized.gguf").toString();
    run("convert", folder.toString(), "--as-reference", "-t", "F32", "-o", source);
    run("quantize", source, "-t", "Q4_K_M", "-o", quantized);
    assertEquals(sha256, sha256(Path.of(quantized)));

    String finer = temp.resolve("finer.gguf").toString();
    run("quantize", source, "-t", "Q8_0", "-o", finer);
    // The networks are random and have few features: four bits change them a lot, and eight bits
    // send some tokens to other experts. Rows of some are too short for blocks, and stay as they
    // are.
    double rough = divergence(source, quantized);
    double fine = divergence(source, finer);
    assertTrue(fine <= rough, name + " in Q8_0: mean divergence " + fine);
    assertTrue(rough < 1, name + " in Q4_K_M: mean divergence " + rough);
  }

  private static double divergence(String source, String quantized) {
    CliRun compared =
        run("compare", source, quantized, "-f", TEXT, "--ctx", "80", "--chunks", "2", "--json");
    return JsonMapper.shared().readTree(compared.out()).at("/candidates/0/kld/mean").asDouble();
  }

  private static CliRun run(String... arguments) {
    CliRun run = CliRun.of(arguments);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(digest);
  }
}
