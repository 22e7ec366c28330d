package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.Models;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import dev.zonda.verify.QuantizedCopies;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Random configurations of every family against the reference's converter and transformers.
/// `testdata/differential/generate.py` makes the cases; `-Dzonda.differential=FOLDER` names others.
class DifferentialTest {
  private static final double TOLERANCE = 1e-4;
  private static final int LENGTH = 40;

  /// Of the vocabulary, every so many logits are stored.
  private static final int STRIDE = 7;

  @TempDir private Path temp;

  /// @param tensors lines of `tensors.txt`
  /// @param f32 hash of the reference's file in F32, or why there is none
  /// @param auto hash of its file in the checkpoint's own type, likewise
  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  record Case(
      int seed,
      String family,
      String base,
      String config,
      List<String> tensors,
      String f32,
      String auto,
      float[] logits) {
    static Case of(JsonNode json) {
      byte[] bytes = Base64.getDecoder().decode(json.path("logits").stringValue());
      float[] logits = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(logits);
      return new Case(
          json.path("seed").intValue(),
          json.path("family").stringValue(),
          json.path("base").stringValue(),
          json.path("config").toString(),
          json.path("tensors").valueStream().map(JsonNode::stringValue).toList(),
          json.path("sha256").path("f32").stringValue(),
          json.path("sha256").path("auto").stringValue(),
          logits);
    }

    @Override
    public String toString() {
      return family + " " + seed;
    }
  }

  private static List<Case> cases() throws IOException {
    String other = System.getProperty("zonda.differential", "");
    Path folder = other.isEmpty() ? TestData.path("differential/cases") : Path.of(other);
    List<Case> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        for (String line : lines(file)) {
          cases.add(Case.of(JsonMapper.shared().readTree(line)));
        }
      }
    }
    return cases;
  }

  /// The cases of a family, a line each.
  static List<String> lines(Path file) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /// Those of the first seed: one of each family.
  static Stream<Case> few() throws IOException {
    List<Case> all = cases();
    return all.stream().filter(one -> one.seed() == first(all));
  }

  /// The others.
  static Stream<Case> all() throws IOException {
    List<Case> all = cases();
    return all.stream().filter(one -> one.seed() != first(all));
  }

  private static int first(List<Case> all) {
    return all.stream().mapToInt(Case::seed).min().orElseThrow();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("few")
  void aFewAreWhatOthersMakeOfThem(Case one) throws Exception {
    check(one);
  }

  @Tag("slow")
  @ParameterizedTest(name = "{0}")
  @MethodSource("all")
  void allAreWhatOthersMakeOfThem(Case one) throws Exception {
    check(one);
  }

  private void check(Case one) throws Exception {
    Path folder = temp.resolve("model");
    SeededCheckpoint.writeNetwork(one.base(), one.config(), one.tensors(), folder);
    Path file = temp.resolve("file.gguf");
    float[] fromFolder;
    try (GgufModel model = Models.open(folder)) {
      fromFolder = logits(model, one.logits().length);
    }
    assertClose(one.logits(), fromFolder, one + ": the folder");
    ConversionOptions f32 = new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
    boolean saysAll;
    List<String> notes;
    try (Blueprint model = Conversion.open(folder, f32)) {
      QuantizedCopies.copy(model, file);
      saysAll = model.unwritten().entries().isEmpty();
      notes = model.notes();
    }
    if (saysAll) {
      try (GgufModel model = GgufFile.open(file)) {
        assertClose(one.logits(), logits(model, one.logits().length), one + ": its file");
      }
    } else {
      assertFalse(notes.isEmpty(), one + ": the file cannot hold all, and nobody says so");
    }
    assertBytes(one.f32(), folder, OutputType.F32, one);
    assertBytes(one.auto(), folder, OutputType.AUTO, one);
  }

  private static void assertClose(float[] expected, float[] found, String what) {
    double most = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) expected[i] - found[i]);
      most = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(most, difference);
    }
    assertTrue(most < TOLERANCE, what + " differs by " + most);
  }

  private void assertBytes(String expected, Path folder, OutputType type, Case one)
      throws IOException, NoSuchAlgorithmException {
    if (expected.startsWith("fails: ")) {
      return;
    }
    Path file = temp.resolve(type + ".gguf");
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(type, Fidelity.AS_REFERENCE))) {
      QuantizedCopies.copy(model, file);
    }
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    assertEquals(
        expected,
        HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file))),
        one + ": " + type);
  }

  /// The stored ones of the logits of the last positions.
  private static float[] logits(GgufModel model, int count) throws IOException {
    float[] found = new float[count];
    try (Engine engine = Engine.of(1)) {
      EvaluationPlan plan = EvaluationPlan.of(Workload.of(List.of(model), 1, LENGTH), engine);
      Evaluator evaluator = new Evaluator(plan);
      int vocabulary = plan.work().vocabulary();
      int stored = Math.ceilDiv(vocabulary, STRIDE);
      int[] tokens = new int[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        tokens[i] = (i * i + 3 * i + 1) % vocabulary;
      }
      int first = LENGTH - count / stored;
      evaluator.run(
          List.of(tokens),
          new Evaluator.Range(first, LENGTH),
          (_, position, logits, at, _) -> {
            for (int i = 0; i < stored; i++) {
              found[(position - first) * stored + i] = logits[0][at + i * STRIDE];
            }
          },
          ProgressListener.NONE);
    }
    return found;
  }
}
