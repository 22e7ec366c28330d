package dev.zonda.formats.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.io.Links;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.testdata.Archives;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which of a folder's files are its weights. Each file here holds one tensor, called like it.
class FolderWeightsTest {
  @TempDir private Path temporary;
  private Path folder;

  @BeforeEach
  void createFolder() throws IOException {
    folder = Files.createDirectory(temporary.resolve("model"));
  }

  /// What transformers 5 takes, and what the reference takes, by what is there.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.safetensors pytorch_model.bin | model.safetensors | model.safetensors",
        "model.safetensors a.safetensors model.safetensors.index.json=a.safetensors"
            + " | model.safetensors | a.safetensors",
        "a.safetensors model.safetensors.index.json=a.safetensors pytorch_model.bin"
            + " | a.safetensors | a.safetensors",
        "pytorch_model.bin adapter_model.safetensors | pytorch_model.bin | pytorch_model.bin",
        "pytorch_model.bin b.bin pytorch_model.bin.index.json=b.bin | pytorch_model.bin | b.bin",
        "pytorch_model.bin model-00001-of-00001.safetensors"
            + " | pytorch_model.bin | model-00001-of-00001.safetensors",
        "pytorch_model.bin other.safetensors | pytorch_model.bin | pytorch_model.bin",
        "model-00001-of-00002.safetensors model-00002-of-00002.safetensors"
            + " | model-00001-of-00002.safetensors model-00002-of-00002.safetensors"
            + " | model-00001-of-00002.safetensors model-00002-of-00002.safetensors",
        "pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin"
            + " | pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin"
            + " | pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin",
        "some-00001-of-00002.safetensors some-00002-of-00002.safetensors x.safetensors"
            + " | some-00001-of-00002.safetensors some-00002-of-00002.safetensors"
            + " | some-00001-of-00002.safetensors some-00002-of-00002.safetensors",
        "model-00001-of-00003.safetensors model-00001-of-00002.safetensors"
            + " model-00002-of-00002.safetensors model.safetensors"
            + " | model.safetensors | which is also in",
        "only.safetensors | only.safetensors | only.safetensors",
        "only.safetensors adapter_model.safetensors | only.safetensors | only.safetensors",
        "only.pt optimizer.pt scheduler.pt | only.pt | only.pt",
      })
  void takesWhatTransformersOrTheReferenceTakes(String files, String usual, String reference)
      throws IOException {
    create(files);
    assertEquals(usual, taken(WeightChoice.TRANSFORMERS));
    if (reference.startsWith("which")) {
      // All files whose names begin with 'model', of which several hold the same.
      FormatException problem =
          assertThrows(FormatException.class, () -> taken(WeightChoice.REFERENCE));
      assertTrue(problem.getMessage().contains(reference), problem.getMessage());
      return;
    }
    assertEquals(reference, taken(WeightChoice.REFERENCE));
    for (WeightChoice choice : WeightChoice.values()) {
      try (CheckpointFolder opened = open(choice)) {
        assertEquals(!usual.equals(reference), opened.contradiction().isPresent());
      }
    }
  }

  @Test
  void contradictionNamesBoth() throws IOException {
    create("model.safetensors a.safetensors model.safetensors.index.json=a.safetensors");
    try (CheckpointFolder opened = open(WeightChoice.TRANSFORMERS)) {
      assertEquals(
          Optional.of(
              "the folder holds several sets of weights: zonda takes model.safetensors, as transformers does;"
                  + " llama.cpp takes the files of model.safetensors.index.json"
                  + " (--as-reference)"),
          opened.contradiction());
    }
    try (CheckpointFolder opened = open(WeightChoice.REFERENCE)) {
      assertEquals(
          Optional.of(
              "the folder holds several sets of weights: zonda takes the files of"
                  + " model.safetensors.index.json, as llama.cpp does; transformers takes"
                  + " model.safetensors"),
          opened.contradiction());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model-00001-of-00003.safetensors model-00003-of-00003.safetensors | 'model-00002-of-00003.safetensors' is missing from the set that 'model-00003-of-00003.safetensors' belongs to",
        "model-00001-of-00003.safetensors model-00002-of-00003.safetensors | 'model-00003-of-00003.safetensors' is missing",
        "model-00002-of-00002.safetensors | 'model-00001-of-00002.safetensors' is missing",
        "pytorch_model-00001-of-00002.bin | 'pytorch_model-00002-of-00002.bin' is missing",
        "adapter_model.safetensors adapter_config.json | holds only a LoRA adapter ('adapter_config.json'): merge it",
        "adapter_model.bin | holds only a LoRA adapter",
        "model.safetensors.incomplete | which an unfinished download left: download it again",
        "model.safetensors.part | which an unfinished download left",
        "model.onnx | holds only ONNX weights ('model.onnx')",
        "tf_model.h5 | holds only TensorFlow weights",
        "flax_model.msgpack | holds only Flax weights",
        "weights.00.npz | holds MLX weights",
        "model-Q4_K_M.gguf | give zonda that file",
        "__0_0.distcp .metadata | holds a distributed checkpoint",
        "zero_to_fp32.py | holds a DeepSpeed checkpoint",
        "openvino_model.xml | holds only weights for one runtime",
        "README.md optimizer.pt | holds no weights, expected model.safetensors",
      })
  void whatIsMissingIsNamed(String files, String message) throws IOException {
    create(files);
    for (WeightChoice choice : WeightChoice.values()) {
      FormatException problem = assertThrows(FormatException.class, () -> open(choice));
      assertTrue(problem.getMessage().contains(message), problem.getMessage());
      assertEquals(1, problem.getMessage().lines().count());
    }
  }

  @Test
  void foldersOfOtherFormatsAreNamed() throws IOException {
    Files.createDirectory(folder.resolve("onnx"));
    FormatException problem =
        assertThrows(FormatException.class, () -> CheckpointFolder.open(folder));
    assertTrue(problem.getMessage().contains("only ONNX weights ('onnx/')"), problem.getMessage());
  }

  @Test
  void configurationMayNameTheWeights() throws IOException {
    create("model.safetensors other.safetensors");
    Files.writeString(
        folder.resolve("config.json"), "{\"transformers_weights\": \"other.safetensors\"}");
    assertEquals("other.safetensors", taken(WeightChoice.TRANSFORMERS));
    try (CheckpointFolder opened = open(WeightChoice.TRANSFORMERS)) {
      assertTrue(opened.contradiction().isPresent());
    }
    for (String name :
        List.of("7", "\"other.bin\"", "\"../other.safetensors\"", "\"x.safetensors\"")) {
      Files.writeString(
          folder.resolve("config.json"), "{\"transformers_weights\": %s}".formatted(name));
      assertThrows(FormatException.class, () -> open(WeightChoice.TRANSFORMERS), name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "pytorch_model.bin", "config.json"})
  void pointersOfGitAreNotTakenForFiles(String name) throws IOException {
    create("model.safetensors");
    if (!name.equals("config.json")) {
      Files.delete(folder.resolve("model.safetensors"));
    }
    Files.writeString(
        folder.resolve(name),
        """
        version https://git-lfs.github.com/spec/v1
        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
        size 12345
        """);
    String message = name + ": is a Git LFS pointer of 130 bytes";
    FormatException problem =
        assertThrows(FormatException.class, () -> CheckpointFolder.open(folder));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertTrue(problem.getMessage().endsWith("run git lfs pull"), problem.getMessage());
    FormatException alone =
        assertThrows(FormatException.class, () -> Checkpoints.open(folder.resolve(name)));
    assertEquals(problem.getMessage(), alone.getMessage());
  }

  @Test
  void pointersInArchivesAreNotTakenForFiles() throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors"), "version https://git-lfs.github.com/spec/v1\n");
    Files.writeString(folder.resolve("config.json"), "{}");
    Path archive = Archives.tar(folder, "", temporary.resolve("model.tar"));
    FormatException problem =
        assertThrows(FormatException.class, () -> CheckpointFolder.open(archive));
    assertTrue(problem.getMessage().contains("is a Git LFS pointer"), problem.getMessage());
  }

  @Test
  void emptyFileIsNamed() throws IOException {
    Files.createFile(folder.resolve("model.safetensors"));
    FormatException problem =
        assertThrows(FormatException.class, () -> CheckpointFolder.open(folder));
    assertTrue(problem.getMessage().contains("model.safetensors: is empty"), problem.getMessage());
  }

  @Test
  void namesWhatNobodyHasOpened() throws IOException {
    create("model.safetensors a.safetensors b.json");
    Files.createDirectory(folder.resolve("onnx"));
    Files.createDirectory(folder.resolve("1_Pooling"));
    Files.writeString(folder.resolve("1_Pooling/config.json"), "{}");
    Files.writeString(folder.resolve("config.json"), "{}");
    Files.writeString(folder.resolve("b.json"), "{}");
    try (CheckpointFolder opened = open(WeightChoice.TRANSFORMERS)) {
      assertTrue(opened.json("config.json").isPresent());
      assertTrue(opened.json("1_Pooling/config.json").isPresent());
      assertTrue(opened.has("b.json"));
      assertEquals(List.of("a.safetensors", "b.json", "onnx/"), opened.unopened());
    }
    Path archive = Archives.tar(folder, "", temporary.resolve("model.tar"));
    try (CheckpointFolder opened = CheckpointFolder.open(archive)) {
      assertEquals(
          List.of("1_Pooling/", "a.safetensors", "b.json", "config.json"), opened.unopened());
    }
  }

  @Test
  void filesOfAnIndexCountAsOpened() throws IOException {
    create("a.safetensors model.safetensors.index.json=a.safetensors");
    try (CheckpointFolder opened = open(WeightChoice.TRANSFORMERS)) {
      assertEquals(List.of(), opened.unopened());
    }
  }

  private CheckpointFolder open(WeightChoice choice) throws IOException {
    return CheckpointFolder.open(folder, Links.WITHIN, choice, (file, config) -> {});
  }

  /// The names of the files that tensors are read from.
  private String taken(WeightChoice choice) throws IOException {
    try (CheckpointFolder opened = open(choice)) {
      return String.join(
          " ",
          opened.weights().files().stream().map(file -> file.getFileName().toString()).toList());
    }
  }

  /// Makes files; `INDEX=FILE` is an index that names one.
  private void create(String files) throws IOException {
    for (String name : files.split(" ", -1)) {
      if (name.contains("=")) {
        String[] index = name.split("=", -1);
        Files.writeString(
            folder.resolve(index[0]),
            "{\"weight_map\":{\"%s\":\"%s\"}}".formatted(tensor(index[1]), index[1]));
      } else if (name.matches(".*\\.(safetensors|bin|pt)")) {
        weights(name);
      } else {
        Files.writeString(folder.resolve(name), "x");
      }
    }
  }

  /// Two sets of numbered files hold the same tensors.
  private static String tensor(String file) {
    return file.replace("-of-00003", "-of-00002");
  }

  /// The content is that of a safetensors file, whatever the name.
  private void weights(String name) throws IOException {
    SafetensorsLayout layout =
        SafetensorsLayout.plan(
            Metadata.empty(), List.of(new TensorSpec(tensor(name), TensorType.U8, Shape.of(1))));
    try (TensorFile writer =
        TensorFile.create(folder.resolve(name), layout, OverwritePolicy.FAIL)) {
      writer.write(layout.tensors().getFirst(), 0, MemorySegment.ofArray(new byte[1]));
      writer.commit();
    }
  }
}
