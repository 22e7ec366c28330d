package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.Models;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import dev.zonda.verify.QuantizedCopies;
import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Tiny networks of every family against transformers: logits of the last positions of a text, from
/// the folder and from the file that it becomes.
class FamilyLogitsTest {
  private static final double TOLERANCE = 1e-4;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int LENGTH = 40;

  /// Beyond the length that its rotary embedding was made for.
  private static final Map<String, Integer> LENGTHS = Map.of("phi3_long", 4100);

  @TempDir private Path temp;

  static Stream<String> families() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(TestData.path("families/logits"))) {
      for (Path file : files.sorted().toList()) {
        try (Checkpoint golden = Checkpoints.open(file)) {
          golden.tensors().stream().map(TensorInfo::name).forEach(names::add);
        }
      }
    }
    return names.stream();
  }

  @ParameterizedTest
  @MethodSource("families")
  void logitsAreTransformers(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    Path file = temp.resolve("model.gguf");
    float[] expected = expected(name);
    ConversionOptions f32 = new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
    try (GgufModel model = Conversion.open(folder, f32)) {
      QuantizedCopies.copy(model, file);
    }
    float[] fromFolder;
    try (GgufModel model = Models.open(folder)) {
      fromFolder = logits(model, name, 2, expected.length);
    }
    double most = 0;
    for (int i = 0; i < expected.length; i++) {
      most = Math.max(most, Math.abs((double) expected[i] - fromFolder[i]));
    }
    assertTrue(most < TOLERANCE, name + " differs by " + most);
    try (GgufModel model = GgufFile.open(file)) {
      float[] fromFile = logits(model, name, 1, expected.length);
      assertEquals(
          SeededCheckpoint.isHeldByFiles(name),
          Arrays.equals(fromFolder, fromFile),
          "whether the file is the same model");
    }
  }

  /// Files of older converters have one matrix for what is two in today's.
  @ParameterizedTest
  @ValueSource(strings = {"deepseek_v2_lite", "deepseek_v3"})
  void oldFilesOfDeepSeekAreTheSameModels(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    Path file = temp.resolve("old.gguf");
    float[] expected = expected(name);
    try (GgufModel model =
        Conversion.open(folder, new ConversionOptions(OutputType.F32, Fidelity.CORRECTED))) {
      QuantizedCopies.copy(OldDeepSeek.of(model), file);
    }
    try (GgufModel old = GgufFile.open(file)) {
      assertTrue(old.find("blk.0.attn_kv_b.weight").isPresent());
      assertArrayEquals(expected, logits(old, name, 2, expected.length), (float) TOLERANCE / 10);
      assertArrayEquals(sequences(old, 1, 1 << 30), sequences(old, 3, 1));
    }
  }

  /// Writes a family's tiny network.
  ///
  /// @param temp where its folder may lie
  static void write(String name, Path temp, Path file) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    try (GgufModel model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      QuantizedCopies.copy(model, file);
    }
  }

  /// The logits of the last position of a text.
  static float[] logits(Path file) throws IOException {
    try (GgufModel model = GgufFile.open(file)) {
      return sequences(model, 2, 1 << 30)[0];
    }
  }

  /// Experts take tokens of all sequences together, and heads pass in groups.
  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "deepseek_v3", "llama4", "gemma2", "bloom", "gpt_oss"})
  void bitsDependOnNeitherThreadsNorBatches(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    try (GgufModel model = Models.open(folder)) {
      assertArrayEquals(sequences(model, 1, 1 << 30), sequences(model, 3, 1));
    }
  }

  /// The logits of the last position of some sequences.
  private static float[][] sequences(GgufModel model, int threads, long memory) throws IOException {
    List<int[]> sequences = new ArrayList<>();
    for (int seed = 0; seed < 5; seed++) {
      sequences.add(new SplittableRandom(seed).ints(LENGTH, 0, 384).toArray());
    }
    float[][] last = new float[sequences.size()][];
    try (Engine engine = new Engine(KernelChoice.best(), threads, memory)) {
      EvaluationPlan plan =
          EvaluationPlan.of(Workload.of(List.of(model), sequences.size(), LENGTH), engine);
      Evaluator evaluator = new Evaluator(plan);
      int vocabulary = plan.work().vocabulary();
      evaluator.run(
          sequences,
          new Evaluator.Range(LENGTH - 1, LENGTH),
          (sequence, _, logits, at, _) ->
              last[sequence] = Arrays.copyOfRange(logits[0], at, at + vocabulary),
          ProgressListener.NONE);
    }
    return last;
  }

  private static float[] expected(String name) throws IOException {
    String file = "families/logits/%s.safetensors".formatted(SeededCheckpoint.family(name));
    try (Checkpoint golden = Checkpoints.open(TestData.path(file))) {
      return golden.data(golden.find(name).orElseThrow()).toArray(FLOAT);
    }
  }

  /// The logits of the last positions, as many as are expected.
  private static float[] logits(GgufModel model, String name, int threads, int count)
      throws IOException {
    int length = LENGTHS.getOrDefault(name, SeededCheckpoint.textLength(name));
    float[] all = new float[count];
    try (Engine engine = Engine.of(threads)) {
      EvaluationPlan plan = EvaluationPlan.of(Workload.of(List.of(model), 1, length), engine);
      Evaluator evaluator = new Evaluator(plan);
      int vocabulary = plan.work().vocabulary();
      int[] tokens = new int[length];
      for (int i = 0; i < length; i++) {
        tokens[i] = (i * i + 3 * i + 1) % vocabulary;
      }
      int first = length - count / vocabulary;
      evaluator.run(
          List.of(tokens),
          new Evaluator.Range(first, length),
          (_, position, logits, at, _) ->
              System.arraycopy(logits[0], at, all, (position - first) * vocabulary, vocabulary),
          ProgressListener.NONE);
    }
    return all;
  }
}
