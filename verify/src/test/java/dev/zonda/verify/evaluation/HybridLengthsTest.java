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
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.OtherWidths;
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
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks that keep a state of what they have read, sums over the last few tokens, or keys and
/// values of one layer for later ones, at lengths around the ends of strips and of chunks that are
/// computed at once. A family joins with a file in `testdata/families/lengths`, which
/// `generate_logits.py --lengths` writes: a tensor for each length, of the last positions of a
/// text.
class HybridLengthsTest {
  private static final double TOLERANCE = 1e-4;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Of the vocabulary, every so many logits are stored.
  private static final int STRIDE = 7;

  /// Tensors of layers that are no attention.
  private static final Pattern STATE = Pattern.compile("\\.(A_log|conv1d\\.weight|conv\\.conv\\.)");

  private static final String LENGTHS = "families/lengths";
  private static final int SEQUENCES = 5;

  @TempDir private Path temp;

  static Stream<String> networks() throws IOException {
    try (Stream<Path> files = Files.list(TestData.path(LENGTHS))) {
      return files
          .map(file -> file.getFileName().toString().replaceFirst("\\.safetensors$", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  @Test
  void everyKindOfNetworkHasThem() throws IOException {
    List<String> there = networks().toList();
    Map<String, String> missing = new TreeMap<>();
    List<String> known = new ArrayList<>();
    try (Stream<Path> folders = Files.list(TestData.path("families"))) {
      for (Path folder : folders.filter(one -> hasState(one.resolve("tensors.txt"))).toList()) {
        String name = folder.getFileName().toString();
        String architecture = architecture(name);
        if (there.contains(name)) {
          known.add(architecture);
        } else {
          missing.put(architecture, name);
        }
      }
    }
    missing.keySet().removeAll(known);
    assertEquals(Map.of(), missing, "architectures without a file in testdata/" + LENGTHS);
  }

  private static boolean hasState(Path tensors) {
    try {
      return Files.exists(tensors) && STATE.matcher(Files.readString(tensors)).find();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private String architecture(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    try (GgufModel model = Models.open(folder)) {
      return model.metadata().text("general.architecture").orElseThrow();
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void logitsAreTransformersAtAnyLength(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    Path file = temp.resolve("model.gguf");
    ConversionOptions f32 = new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
    try (GgufModel model = Conversion.open(folder, f32)) {
      QuantizedCopies.copy(model, file);
    }
    try (Checkpoint golden =
            Checkpoints.open(TestData.path(LENGTHS + "/" + name + ".safetensors"));
        GgufModel fromFolder = Models.open(folder);
        GgufModel fromFile = GgufFile.open(file)) {
      assertTrue(golden.tensors().size() > 1, "several lengths");
      for (TensorInfo tensor : golden.tensors()) {
        float[] expected = golden.data(tensor).toArray(FLOAT);
        int length = Integer.parseInt(tensor.name());
        int positions = Math.toIntExact(tensor.shape().dimension(0));
        assertClose(expected, logits(fromFolder, length, positions), length + " tokens");
        assertClose(expected, logits(fromFile, length, positions), length + " tokens of the file");
      }
    }
  }

  private static void assertClose(float[] expected, float[] found, String what) {
    assertEquals(expected.length, found.length, what);
    double most = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) expected[i] - found[i]);
      most = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(most, difference);
    }
    assertTrue(most < TOLERANCE, what + " differ by " + most);
  }

  /// Logits of the last positions of a text, as many of the vocabulary as are stored.
  private static float[] logits(GgufModel model, int length, int positions) throws IOException {
    try (Engine engine = Engine.of(2)) {
      EvaluationPlan plan = EvaluationPlan.of(Workload.of(List.of(model), 1, length), engine);
      int vocabulary = plan.work().vocabulary();
      int stored = Math.ceilDiv(vocabulary, STRIDE);
      float[] all = new float[positions * stored];
      int[] tokens = new int[length];
      for (int i = 0; i < length; i++) {
        tokens[i] = (i * i + 3 * i + 1) % vocabulary;
      }
      int first = length - positions;
      new Evaluator(plan)
          .run(
              List.of(tokens),
              new Evaluator.Range(first, length),
              (_, position, logits, at, _) -> {
                for (int i = 0; i < stored; i++) {
                  all[(position - first) * stored + i] = logits[0][at + i * STRIDE];
                }
              },
              ProgressListener.NONE);
      return all;
    }
  }

  /// Strips end within chunks, and the last strip of a sequence has lanes without a token, which
  /// may hold anything.
  @ParameterizedTest
  @MethodSource("networks")
  void bitsDependOnNeitherThreadsNorBatchesNorWidths(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    try (GgufModel model = Models.open(folder)) {
      for (int length : List.of(7, 65)) {
        float[][] expected = last(model, length, KernelChoice.best(), 1, 1 << 30);
        assertArrayEquals(expected, last(model, length, KernelChoice.best(), 3, 1), "one by one");
        assertArrayEquals(expected, alone(model, length), "each alone");
        for (int lanes : List.of(16, 8, 3)) {
          assertArrayEquals(
              expected,
              last(model, length, OtherWidths.of(lanes), 2, 1 << 30),
              lanes + " tokens in a strip");
        }
      }
    }
  }

  /// Each sequence in an evaluation of its own.
  private static float[][] alone(GgufModel model, int length) throws IOException {
    float[][] last = new float[SEQUENCES][];
    for (int i = 0; i < SEQUENCES; i++) {
      last[i] = last(model, List.of(sequence(i, length)), KernelChoice.best(), 2, 1 << 30)[0];
    }
    return last;
  }

  private static int[] sequence(int seed, int length) {
    return new SplittableRandom(seed).ints(length, 0, 256).toArray();
  }

  private static float[][] last(
      GgufModel model, int length, Kernels kernels, int threads, long memory) throws IOException {
    List<int[]> sequences = new ArrayList<>();
    for (int seed = 0; seed < SEQUENCES; seed++) {
      sequences.add(sequence(seed, length));
    }
    return last(model, sequences, kernels, threads, memory);
  }

  /// The logits of the last position of each sequence.
  private static float[][] last(
      GgufModel model, List<int[]> sequences, Kernels kernels, int threads, long memory)
      throws IOException {
    int length = sequences.getFirst().length;
    float[][] last = new float[sequences.size()][];
    try (Engine engine = new Engine(kernels, threads, memory)) {
      EvaluationPlan plan =
          EvaluationPlan.of(Workload.of(List.of(model), sequences.size(), length), engine);
      int vocabulary = plan.work().vocabulary();
      new Evaluator(plan)
          .run(
              sequences,
              new Evaluator.Range(length - 1, length),
              (sequence, _, logits, at, _) ->
                  last[sequence] = Arrays.copyOfRange(logits[0], at, at + vocabulary),
              ProgressListener.NONE);
    }
    return last;
  }
}
