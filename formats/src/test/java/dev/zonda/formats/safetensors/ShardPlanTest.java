package dev.zonda.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.ShardedCheckpoint;
import dev.zonda.formats.journal.RunIdentity;
import dev.zonda.formats.output.FileSetWriter;
import dev.zonda.testdata.TestData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardPlanTest {
  @TempDir private Path folder;

  /// Shards and index were written by the reference libraries.
  @ParameterizedTest
  @ValueSource(strings = {"zoo/llama2/hf", "zoo/mistral/hf"})
  void shardsOfTheReferenceAreWrittenAgainToTheByte(String name) throws IOException {
    Path original = TestData.path(name);
    try (ShardedCheckpoint model =
        ShardedCheckpoint.open(original.resolve("model.safetensors.index.json"))) {
      ShardPlan plan = ShardPlan.ofGroups(model.metadata(), groups(model));
      List<Path> files = plan.files(folder);
      try (FileSetWriter writer =
          FileSetWriter.create(files, plan.fileSet(), OutputPolicy.CAREFUL, RunIdentity.NONE)) {
        for (TensorInfo tensor : plan.fileSet().tensors()) {
          writer.write(tensor, 0, model.data(tensor));
        }
        writer.commit();
      }
      assertEquals(model.shards().size() + 1, files.size());
      for (Path file : files) {
        assertEquals(-1, Files.mismatch(original.resolve(file.getFileName()), file));
      }
    }
  }

  private static List<List<TensorSpec>> groups(ShardedCheckpoint model) {
    return model.shards().stream()
        .map(Checkpoint::tensors)
        .map(tensors -> tensors.stream().map(TensorInfo::spec).toList())
        .toList();
  }

  private static List<List<Long>> cut(long most, long... bytes) {
    List<TensorSpec> tensors =
        LongStream.range(0, bytes.length)
            .mapToObj(
                i -> new TensorSpec("t" + i, TensorType.I8, Shape.of(bytes[Math.toIntExact(i)])))
            .toList();
    return ShardPlan.of(Metadata.empty(), tensors, most).shards().stream()
        .map(shard -> shard.tensors().stream().map(TensorInfo::bytes).toList())
        .toList();
  }

  /// As `split_state_dict_into_shards_factory` of huggingface_hub; the first is its own example.
  @Test
  void shardsAreFilledInOrder() {
    assertEquals(
        List.of(List.of(6L), List.of(6L, 2L), List.of(6L, 2L, 2L)), cut(10, 6, 6, 2, 6, 2, 2));
    assertEquals(
        List.of(List.of(11L), List.of(12L), List.of(6L, 4L), List.of(1L)),
        cut(10, 6, 11, 4, 12, 1));
    assertEquals(List.of(List.of(11L)), cut(10, 11));
    assertEquals(List.of(List.of()), cut(10));
    long large = Long.MAX_VALUE / 4;
    assertEquals(List.of(List.of(large, 1L)), cut(Long.MAX_VALUE, large, 1));
  }

  @Test
  void oneShardNeedsNoIndex() {
    TensorSpec tensor = new TensorSpec("x", TensorType.F32, Shape.of(1));
    ShardPlan plan = ShardPlan.of(Metadata.empty(), List.of(tensor), 4);
    assertEquals(List.of(folder.resolve("model.safetensors")), plan.files(folder));
    assertEquals(plan.shards(), plan.fileSet().layouts());
  }

  /// What Python's `json.dumps` makes of the name; order is that of characters.
  @Test
  void namesAreEscapedInTheIndex() throws IOException {
    TensorSpec odd =
        new TensorSpec(
            "a\"\\\n\0\u007f\u00e9\u2581\ud83e\udd8a/\u000b\b", TensorType.I8, Shape.of(1));
    TensorSpec plain = new TensorSpec("Z", TensorType.I8, Shape.of(2));
    TensorSpec wide = new TensorSpec("\uffee", TensorType.I8, Shape.of(3));
    TensorSpec wider = new TensorSpec("\ud83e\udd8a", TensorType.I8, Shape.of(4));
    ShardPlan plan =
        ShardPlan.ofGroups(Metadata.empty(), List.of(List.of(odd), List.of(plain, wider, wide)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    plan.fileSet().layouts().getFirst().writeHeader(out);
    assertEquals(
        """
        {
          "metadata": {
            "total_size": 10
          },
          "weight_map": {
            "Z": "model-00002-of-00002.safetensors",
            "a\\"\\\\\\n\\u0000\\u007f\\u00e9\\u2581\\ud83e\\udd8a/\\u000b\\b": \
        "model-00001-of-00002.safetensors",
            "\\uffee": "model-00002-of-00002.safetensors",
            "\\ud83e\\udd8a": "model-00002-of-00002.safetensors"
          }
        }
        """,
        out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void whatCannotBeOpenedAgainIsNotPlanned() {
    TensorSpec tensor = new TensorSpec("x", TensorType.I8, Shape.of(1));
    List<List<TensorSpec>> twice = List.of(List.of(tensor), List.of(tensor));
    ShardPlan plan = ShardPlan.ofGroups(Metadata.empty(), twice);
    assertThrows(IllegalArgumentException.class, plan::fileSet);
    SafetensorsLayout layout = SafetensorsLayout.plan(Metadata.empty(), List.of(tensor));
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new ShardPlan(Collections.nCopies(100_000, layout)))
            .getMessage();
    assertTrue(message.startsWith("there would be 100000 shards"), message);
  }
}
