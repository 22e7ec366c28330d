package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Folders whose weights are stored in every form, two of random sizes each, evaluated as they are:
/// against what transformers computes of the same weights in F32. `testdata/storages/generate.py`
/// writes both.
class StorageLogitsTest {
  private static final double TOLERANCE = 1e-4;
  private static final int LENGTH = 40;
  private static final int POSITIONS = 2;

  /// Of so many tokens, the first one's logit is stored.
  private static final int STEP = 5;

  private static final String FILE = "model.safetensors ";
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TempDir private Path temp;

  static Stream<String> storages() throws IOException {
    try (Checkpoint golden = Checkpoints.open(TestData.path("storages/logits.safetensors"))) {
      return golden.tensors().stream().map(TensorInfo::name).toList().stream();
    }
  }

  /// Why folders with a dtype are not evaluated here; empty if some are.
  private static Optional<String> reasonWithout(TensorType type) {
    return switch (type) {
      case F64, F32, F16, BF16, I8, I32, I64, U8, F8_E4M3, F8_E4M3FNUZ, F8_E5M2, F8_E8M0 ->
          Optional.empty();
      case F8_E5M2FNUZ, F6_E2M3, F6_E3M2, F4, C64 ->
          Optional.of("no method that is read stores weights in it: it is refused by name");
      case BOOL, U16, U32, U64, I16 -> Optional.of("only other tensors than weights are of it");
      case Q4_0,
          Q4_1,
          Q5_0,
          Q5_1,
          Q8_0,
          Q8_1,
          Q2_K,
          Q3_K,
          Q4_K,
          Q5_K,
          Q6_K,
          Q8_K,
          IQ2_XXS,
          IQ2_XS,
          IQ3_XXS,
          IQ1_S,
          IQ4_NL,
          IQ3_S,
          IQ2_S,
          IQ4_XS,
          IQ1_M,
          TQ1_0,
          TQ2_0,
          MXFP4,
          NVFP4,
          Q1_0,
          Q2_0 ->
          Optional.of("only GGUF files hold it");
    };
  }

  @Test
  void everyDtypeHasAFolder() throws IOException {
    Set<String> tried = new TreeSet<>();
    JsonMapper.shared()
        .readTree(TestData.path("storages/storages.json").toFile())
        .forEach(storage ->
            storage
                .get("tensors")
                .forEach(line -> tried.add(line.stringValue().split("[ /:&%]", 2)[0])));
    Set<String> expected =
        Stream.of(TensorType.values())
            .filter(type -> reasonWithout(type).isEmpty())
            .map(type -> type.safetensorsName().orElseThrow())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(expected, tried, "dtypes of the folders in testdata/storages");
  }

  @ParameterizedTest
  @MethodSource("storages")
  void logitsAreTransformers(String name) throws IOException {
    JsonNode storage =
        JsonMapper.shared().readTree(TestData.path("storages/storages.json").toFile()).get(name);
    List<String> tensors = new ArrayList<>();
    storage.get("tensors").forEach(line -> tensors.add(FILE + line.stringValue()));
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(
        storage.get("family").stringValue(), storage.get("config").toString(), tensors, folder);
    float[] expected = expected(name);
    List<Float> found;
    try (GgufModel model = Models.open(folder)) {
      found = logits(model);
    }
    assertEquals(expected.length, found.size());
    double most = 0;
    for (int i = 0; i < expected.length; i++) {
      most = Math.max(most, Math.abs((double) expected[i] - found.get(i)));
    }
    assertTrue(most < TOLERANCE, name + " differs by " + most);
  }

  private static float[] expected(String name) throws IOException {
    try (Checkpoint golden = Checkpoints.open(TestData.path("storages/logits.safetensors"))) {
      return golden.data(golden.find(name).orElseThrow()).toArray(FLOAT);
    }
  }

  /// The logits that are stored, of the last positions.
  private static List<Float> logits(GgufModel model) throws IOException {
    List<Float> some = new ArrayList<>();
    try (Engine engine = Engine.of(1)) {
      EvaluationPlan plan = EvaluationPlan.of(Workload.of(List.of(model), 1, LENGTH), engine);
      Evaluator evaluator = new Evaluator(plan);
      int vocabulary = plan.work().vocabulary();
      int[] tokens = new int[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        tokens[i] = (i * i + 3 * i + 1) % vocabulary;
      }
      evaluator.run(
          List.of(tokens),
          new Evaluator.Range(LENGTH - POSITIONS, LENGTH),
          (_, _, logits, at, _) -> {
            for (int token = 0; token < vocabulary; token += STEP) {
              some.add(logits[0][at + token]);
            }
          },
          ProgressListener.NONE);
    }
    return some;
  }
}
