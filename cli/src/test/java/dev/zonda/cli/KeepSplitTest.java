package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// `--keep-split` for checkpoint folders of several weight files, and in recipes; what it does to
/// split GGUFs is compared with the reference's files in [QuantizeOptionsTest].
class KeepSplitTest {
  @TempDir private static Path shared;

  @TempDir private Path folder;

  private static Path checkpoint;

  @BeforeAll
  static void writeShards() throws IOException {
    checkpoint = Files.createDirectory(shared.resolve("sharded"));
    try (var files = Files.list(TestData.shakespeareMistral())) {
      for (Path file : files.toList()) {
        if (!file.toString().endsWith(".safetensors")) {
          Files.copy(file, checkpoint.resolve(file.getFileName()));
        }
      }
    }
    Map<String, String> weightMap = new TreeMap<>();
    try (SafetensorsFile whole =
        SafetensorsFile.open(TestData.shakespeareMistral().resolve("model.safetensors"))) {
      List<TensorInfo> tensors = whole.tensors();
      int[] ends = {10, 11, tensors.size()};
      int from = 0;
      for (int i = 0; i < ends.length; i++) {
        String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, ends.length);
        writeShard(checkpoint.resolve(name), whole, tensors.subList(from, ends[i]));
        tensors.subList(from, ends[i]).forEach(tensor -> weightMap.put(tensor.name(), name));
        from = ends[i];
      }
    }
    Files.writeString(
        checkpoint.resolve("model.safetensors.index.json"),
        JsonMapper.shared()
            .writeValueAsString(Map.of("metadata", Map.of(), "weight_map", weightMap)));
  }

  private static void writeShard(Path file, SafetensorsFile whole, List<TensorInfo> tensors)
      throws IOException {
    SafetensorsLayout layout =
        SafetensorsLayout.plan(Metadata.empty(), tensors.stream().map(TensorInfo::spec).toList());
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.FAIL)) {
      for (TensorInfo tensor : layout.tensors()) {
        writer.write(tensor, 0, whole.data(whole.find(tensor.name()).orElseThrow()));
      }
      writer.commit();
    }
  }

  private CliRun run(String command, Path input, String output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(command, input.toString(), "-o", folder.resolve(output).toString()));
    arguments.addAll(List.of(more));
    CliRun run = CliRun.of(arguments.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  private List<String> filesInFolder() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /// How many tensors each of the files has, in order; the names of no two are equal.
  private List<Integer> tensorCounts(String prefix) throws IOException {
    List<Integer> counts = new ArrayList<>();
    Set<String> names = new HashSet<>();
    try (GgufFile split = GgufFile.open(folder.resolve(prefix + "-00001-of-00003.gguf"))) {
      for (List<TensorInfo> tensors : split.tensorsByFile()) {
        counts.add(tensors.size());
        tensors.forEach(tensor -> assertTrue(names.add(tensor.name()), tensor.name()));
      }
    }
    return counts;
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "F32", "Q4_K_S"})
  void aFolderOfShardsBecomesAsManyFiles(String type) throws IOException {
    CliRun run = run("convert", checkpoint, "m.gguf", "-t", type, "--keep-split", "--json");
    assertEquals(
        List.of("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"),
        filesInFolder());
    assertEquals(List.of(10, 1, 28), tensorCounts("m"));
    assertEquals(3, JsonMapper.shared().readTree(run.out()).get("files").asInt());
    run("convert", checkpoint, "whole.gguf", "-t", type);
    try (GgufFile split = GgufFile.open(folder.resolve("m-00001-of-00003.gguf"));
        GgufFile whole = GgufFile.open(folder.resolve("whole.gguf"))) {
      assertEquals(whole.tensors().size(), split.tensors().size());
      for (TensorInfo tensor : whole.tensors()) {
        TensorInfo part = split.find(tensor.name()).orElseThrow();
        assertEquals(tensor.type(), part.type());
        assertEquals(-1, whole.data(tensor).mismatch(split.data(part)), tensor.name());
      }
    }
  }

  @Test
  void convertingAndQuantizingInTurnGivesTheSameFiles() throws IOException {
    run("convert", checkpoint, "bf16.gguf", "--keep-split");
    run(
        "quantize",
        folder.resolve("bf16-00001-of-00003.gguf"),
        "two.gguf",
        "-t",
        "Q4_K_M",
        "--keep-split");
    run("convert", checkpoint, "one.gguf", "-t", "Q4_K_M", "--keep-split");
    for (int i = 1; i <= 3; i++) {
      String suffix = "-0000" + i + "-of-00003.gguf";
      assertEquals(
          -1, Files.mismatch(folder.resolve("one" + suffix), folder.resolve("two" + suffix)));
    }
  }

  @Test
  void aFolderOfOneWeightFileBecomesOneFile() throws IOException {
    run("convert", TestData.shakespeareMistral(), "kept.gguf", "--keep-split");
    run("convert", TestData.shakespeareMistral(), "plain.gguf");
    assertEquals(List.of("kept.gguf", "plain.gguf"), filesInFolder());
    assertEquals(-1, Files.mismatch(folder.resolve("kept.gguf"), folder.resolve("plain.gguf")));
  }

  @Test
  void recipesHoldIt() throws IOException {
    Path recipe = folder.resolve("recipe.json");
    run(
        "convert",
        checkpoint,
        "a.gguf",
        "-t",
        "Q8_0",
        "--keep-split",
        "--save-recipe",
        recipe.toString());
    assertTrue(
        JsonMapper.shared().readTree(recipe.toFile()).get("keep_split").booleanValue(),
        Files.readString(recipe));
    run("convert", checkpoint, "b.gguf", "--recipe", recipe.toString());
    assertEquals(tensorCounts("a"), tensorCounts("b"));
    run(
        "quantize",
        folder.resolve("b-00001-of-00003.gguf"),
        "c.gguf",
        "--recipe",
        recipe.toString(),
        "--allow-requantize",
        "-t",
        "COPY");
    assertEquals(tensorCounts("a"), tensorCounts("c"));
    run("convert", checkpoint, "d.gguf", "--recipe", recipe.toString(), "--no-keep-split");
    assertTrue(Files.exists(folder.resolve("d.gguf")));
  }

  @Test
  void noFileIsOverwritten() throws IOException {
    Files.writeString(folder.resolve("m-00002-of-00003.gguf"), "precious");
    CliRun run =
        CliRun.of(
            "convert",
            checkpoint.toString(),
            "--keep-split",
            "-o",
            folder.resolve("m.gguf").toString());
    assertEquals(2, run.exitCode(), run.err());
    assertEquals(List.of("m-00002-of-00003.gguf"), filesInFolder());
  }

  @Test
  void aDryRunNamesTheFirstFileAndTheirNumber() throws IOException {
    CliRun run = run("convert", checkpoint, "m.gguf", "--keep-split", "--dry-run");
    assertTrue(run.out().contains("m-00001-of-00003.gguf and 2 more"), run.out());
    assertEquals(List.of(), filesInFolder());
  }
}
