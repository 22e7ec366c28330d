package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where outputs must not be written: the message is one line, and the folder stays as it was.
class OutputPlaceTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final Path REFERENCE = TestData.path("models/shakespeare-mistral.reference");

  @TempDir private Path folder;

  private CliRun convert(Path output, String... more) {
    List<String> line =
        new ArrayList<>(List.of("convert", MODEL, "-t", "Q4_K_M", "-o", output.toString()));
    line.addAll(List.of(more));
    return CliRun.of(line.toArray(String[]::new));
  }

  /// Names and contents of all files.
  private Map<String, Integer> contents() throws IOException {
    Map<String, Integer> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(file.toString(), Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  private void assertRefused(int code, String message, CliRun run, Map<String, Integer> before)
      throws IOException {
    assertEquals(code, run.exitCode(), run.err());
    assertTrue(run.err().startsWith("error: "), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(code == 2 ? run.err().lines().count() : 1, run.err().lines().count(), run.err());
    assertEquals(before, contents());
  }

  @Test
  void neitherMatrixNorRecipeNorTypesAreReplaced() throws IOException {
    Path matrix = Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("imatrix.gguf"));
    Path link = Files.createLink(folder.resolve("hard.gguf"), matrix);
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "zonda_recipe: 1\n");
    Path types = Files.writeString(folder.resolve("types"), "attn_v=q8_0");
    Map<String, Integer> before = contents();
    String[] options = {
      "--force",
      "--imatrix",
      matrix.toString(),
      "--recipe",
      recipe.toString(),
      "--tensor-type-file",
      types.toString()
    };
    for (Path input : List.of(matrix, link, recipe, types, folder.resolve("./recipe.yaml"))) {
      assertRefused(2, "is the input", convert(input, options), before);
    }
  }

  @Test
  void workingFilesAreNoInputs() throws IOException {
    Path matrix = Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("out.gguf.partial"));
    Map<String, Integer> before = contents();
    assertRefused(
        2,
        "is the input, and needed for the output",
        convert(folder.resolve("out.gguf"), "--imatrix", matrix.toString(), "--force"),
        before);
  }

  @Test
  void aSavedRecipeReplacesNothingThatIsNeeded() throws IOException {
    Path matrix = Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("imatrix.gguf"));
    Path output = folder.resolve("out.gguf");
    Map<String, Integer> before = contents();
    for (Path needed :
        List.of(matrix, output, folder.resolve("./out.gguf"), folder.resolve("out.gguf.journal"))) {
      assertRefused(
          2,
          "--save-recipe names ",
          convert(
              output,
              "--imatrix",
              matrix.toString(),
              "--force",
              "--save-recipe",
              needed.toString()),
          before);
    }
  }

  @Test
  void anArchiveOfTheModelIsNotReplaced() throws Exception {
    Path archive = folder.resolve("model.tar");
    Process tar = new ProcessBuilder("tar", "-cf", archive.toString(), "-C", MODEL, ".").start();
    assertEquals(0, tar.waitFor());
    Map<String, Integer> before = contents();
    CliRun run =
        CliRun.of("convert", archive.toString(), "-t", "Q8_0", "-o", archive.toString(), "--force");
    assertRefused(2, "is the input", run, before);
    Path output = folder.resolve("out.gguf");
    CliRun converted =
        CliRun.of("convert", archive.toString(), "-t", "Q8_0", "-o", output.toString());
    assertEquals(0, converted.exitCode(), converted.err());
  }

  private Path copiedModel() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Path.of(MODEL))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    return model;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "perplexity MODEL --force --save-logits",
        "logits MODEL --force -o",
        "imatrix MODEL --force -o",
        "compare MODEL MODEL --junit",
        "compare MODEL MODEL --markdown",
        "compare MODEL MODEL --force --write-baseline",
        "compare MODEL OTHER --junit",
        "compare OTHER MODEL --junit",
      })
  void nothingThatIsEvaluatedIsReplaced(String command) throws IOException {
    Path model = copiedModel();
    Path text = Files.copy(REFERENCE.resolve("text.txt"), folder.resolve("text.txt"));
    Path weights = model.resolve("model.safetensors");
    Path link = Files.createLink(folder.resolve("hard"), weights);
    Map<String, Integer> before = contents();
    for (Path input : List.of(text, weights, link, model.resolve("config.json"))) {
      List<String> line =
          new ArrayList<>(List.of(command.replace("MODEL", model.toString()).split(" ")));
      line.replaceAll(word -> word.equals("OTHER") ? MODEL : word);
      line.addAll(List.of(input.toString(), "-f", text.toString(), "--ctx", "64"));
      assertRefused(2, input + " ", CliRun.of(line.toArray(String[]::new)), before);
    }
  }

  @Test
  void twoOutputsAreTwoFiles() throws IOException {
    String text = REFERENCE.resolve("text.txt").toString();
    String report = folder.resolve("report").toString();
    CliRun run =
        CliRun.of(
            "compare", MODEL, MODEL, "-f", text, "--junit", report, "--write-baseline", report);
    assertRefused(2, report + " cannot be two outputs", run, Map.of());
  }

  /// Before the models are evaluated, and not behind it.
  @Test
  void reportsThatCannotBeWrittenAreSaidAtOnce() throws IOException {
    String text = REFERENCE.resolve("text.txt").toString();
    for (String option : List.of("--junit", "--markdown", "--write-baseline")) {
      String file = folder.resolve("none/report").toString();
      CliRun run = CliRun.of("compare", "no-model", MODEL, "-f", text, option, file);
      assertRefused(4, "none: no such folder", run, Map.of());
    }
  }

  @Test
  void aFileOfTheModelIsNotReplacedThroughALink() throws IOException {
    Path model = copiedModel();
    Path link =
        Files.createSymbolicLink(folder.resolve("out.gguf"), model.resolve("model.safetensors"));
    Map<String, Integer> before = contents();
    CliRun run =
        CliRun.of("convert", model.toString(), "-t", "Q8_0", "-o", link.toString(), "--force");
    assertRefused(2, "", run, before);
  }

  @Test
  void foldersThatAreMissingOrClosedAreSaid() throws IOException {
    assertRefused(4, "none: no such folder", convert(folder.resolve("none/out.gguf")), Map.of());
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    if (!Files.isWritable(closed)) { // root may write everywhere
      assertRefused(
          4, "closed/out.gguf: permission denied", convert(closed.resolve("out.gguf")), Map.of());
    }
    Path system = Path.of("/proc/self");
    if (Files.isDirectory(system)) { // where not even root may
      assertRefused(4, "/proc/self/out.gguf: ", convert(system.resolve("out.gguf")), Map.of());
    }
  }

  @Test
  void foldersAndDevicesAreNotReplaced() throws IOException {
    Path inTheWay = Files.createDirectory(folder.resolve("out.gguf"));
    assertRefused(4, "is a folder", convert(inTheWay, "--force"), Map.of());
    assertRefused(4, "is no ordinary file", convert(Path.of("/dev/null"), "--force"), Map.of());
  }

  @Test
  void onAFileSystemWithoutCasesNamesMeanTheSame() throws IOException {
    Path matrix = Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("imatrix.gguf"));
    Path other = folder.resolve("IMATRIX.GGUF");
    if (!Files.exists(other)) {
      return; // here they mean two files
    }
    assertRefused(
        2, "is the input", convert(other, "--imatrix", matrix.toString(), "--force"), contents());
  }
}
