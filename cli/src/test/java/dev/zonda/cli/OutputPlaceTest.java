package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.options.OutputFile;
import dev.zonda.cli.options.OutputPath;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

/// Where outputs must not be written: the message is one line, and the folder stays as it was.
class OutputPlaceTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final Path REFERENCE = TestData.path("models/shakespeare-mistral.reference");

  @TempDir private static Path given;
  @TempDir private Path folder;

  @BeforeAll
  static void makeInputs() {
    String source = given.resolve("source.gguf").toString();
    assertEquals(0, CliRun.of("convert", MODEL, "-o", source).exitCode());
    String parts = given.resolve("part").toString();
    assertEquals(0, CliRun.of("split", source, "-o", parts, "--max-tensors", "20").exitCode());
  }

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
      assertRefused(2, "is an input", convert(input, options), before);
    }
  }

  @Test
  void workingFilesAreNoInputs() throws IOException {
    Path matrix = Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("out.gguf.partial"));
    Map<String, Integer> before = contents();
    assertRefused(
        2,
        "is an input, but needed to write the output",
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
    assertRefused(2, "is an input", run, before);
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
        "compare MODEL MODEL --gate kld.mean<1 --junit",
        "compare MODEL MODEL --markdown",
        "compare MODEL MODEL --force --write-baseline",
        "compare MODEL OTHER --gate kld.mean<1 --junit",
        "compare OTHER MODEL --gate kld.mean<1 --junit",
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
            "compare", MODEL, MODEL, "-f", text, "--markdown", report, "--write-baseline", report);
    assertRefused(2, report + " is named for two outputs", run, Map.of());
  }

  /// Before the models are evaluated, and not behind it.
  @Test
  void reportsThatCannotBeWrittenAreSaidAtOnce() throws IOException {
    String text = REFERENCE.resolve("text.txt").toString();
    for (String option : List.of("--junit", "--markdown", "--write-baseline")) {
      String file = folder.resolve("none/report").toString();
      CliRun run =
          CliRun.of("compare", "no-model", MODEL, "-f", text, option, file, "--gate", "kld.mean<1");
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
    Path inTheWay =
        Files.createDirectories(folder.resolve("out/shakespeare-mistral-Q4_K_M.gguf")).getParent();
    assertRefused(4, "is a folder", convert(inTheWay, "--force"), Map.of());
    assertRefused(4, "is not a regular file", convert(Path.of("/dev/null"), "--force"), Map.of());
  }

  @Test
  void onAFileSystemWithoutCasesNamesMeanTheSame() throws IOException {
    Path matrix = Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("imatrix.gguf"));
    Path other = folder.resolve("IMATRIX.GGUF");
    if (!Files.exists(other)) {
      return; // here they mean two files
    }
    assertRefused(
        2, "is an input", convert(other, "--imatrix", matrix.toString(), "--force"), contents());
  }

  /// Every command that writes, with the option whose value is the output.
  static List<String> writers() {
    return List.of(
        "convert MODEL -t Q8_0 --force --output",
        "convert MODEL -t Q8_0 -o OTHER.gguf --force --save-recipe",
        "quantize SMALL -t F16 --force --output",
        "split SMALL --force --output",
        "merge FIRST --force --output",
        "imatrix MODEL -f TEXT --ctx 64 --chunks 1 --force --output",
        "logits MODEL -f TEXT --ctx 64 --chunks 1 --last 1 --force --output",
        "perplexity MODEL -f TEXT --ctx 64 --chunks 1 --force --save-logits",
        "compare MODEL MODEL -f TEXT --ctx 64 --chunks 1 --force --write-baseline",
        "compare MODEL MODEL -f TEXT --ctx 64 --chunks 1 --markdown",
        "compare MODEL MODEL -f TEXT --ctx 64 --gate kld.mean<1 --junit");
  }

  private static boolean isOutput(OptionSpec option) {
    return Stream.of(option.typeInfo().getAuxiliaryTypes())
        .anyMatch(List.of(OutputPath.class, OutputFile.class)::contains);
  }

  /// The demo's folder is made, and its one file has a name of its own.
  @Test
  void everyCommandThatWritesIsTriedHere() {
    Set<String> expected = new TreeSet<>();
    for (String command : Commands.names()) {
      for (OptionSpec option : CommandsTest.spec(command).options()) {
        if (isOutput(option) || option.longestName().equals("--output")) {
          expected.add(command + " " + option.longestName());
        }
      }
    }
    expected.removeAll(Set.of("demo --output"));
    // The same option, of the same class, as of convert.
    expected.removeAll(Set.of("quantize --save-recipe"));
    Set<String> tried = new TreeSet<>();
    for (String writer : writers()) {
      tried.add(writer.replaceFirst(" .* ", " "));
    }
    assertEquals(expected, tried, "commands and options that write a file");
  }

  /// The files that a line of [#writers] reads, by the words that stand for them.
  private Map<String, Path> copiedInputs(String writer) throws IOException {
    Map<String, Path> copies = new TreeMap<>();
    for (String word : writer.split(" ", -1)) {
      switch (word) {
        case "MODEL" -> copies.putIfAbsent(word, copies.isEmpty() ? copiedModel() : Path.of(MODEL));
        case "TEXT" ->
            copies.put(word, Files.copy(REFERENCE.resolve("text.txt"), folder.resolve("text.txt")));
        case "SMALL" ->
            copies.put(
                word,
                Files.copy(given.resolve("source.gguf"), folder.resolve("in-00001-of-00001.gguf")));
        case "FIRST" -> {
          for (int part = 2; part >= 1; part--) {
            String name = "part-0000%d-of-00002.gguf".formatted(part);
            copies.put(word, Files.copy(given.resolve(name), folder.resolve(name)));
          }
        }
        default -> {}
      }
    }
    return copies;
  }

  @ParameterizedTest
  @MethodSource("writers")
  void noInputIsReplaced(String writer) throws IOException {
    Map<String, Path> copies = copiedInputs(writer);
    List<Path> inputs = new ArrayList<>();
    for (Path copy : copies.values()) {
      inputs.add(Files.isDirectory(copy) ? copy.resolve("model.safetensors") : copy);
    }
    assertFalse(inputs.isEmpty());
    Map<String, Integer> before = contents();
    for (Path input : inputs) {
      List<String> line = new ArrayList<>();
      for (String word : writer.split(" ", -1)) {
        line.add(
            copies.containsKey(word)
                ? copies.get(word).toString()
                : word.equals("OTHER.gguf") ? folder.resolve("other.gguf").toString() : word);
      }
      line.add(place(writer, input));
      CliRun run = CliRun.of(line.toArray(String[]::new));
      assertEquals(2, run.exitCode(), "not refused, though it reads what it writes: " + line);
      assertRefused(2, "", run, before);
    }
  }

  /// A command line of [#writers].
  private String[] line(String writer, String output) {
    List<String> line = new ArrayList<>();
    for (String word : writer.split(" ", -1)) {
      line.add(
          switch (word) {
            case "MODEL" -> MODEL;
            case "TEXT" -> REFERENCE.resolve("text.txt").toString();
            case "SMALL" -> given.resolve("source.gguf").toString();
            case "FIRST" -> given.resolve("part-00001-of-00002.gguf").toString();
            case "OTHER.gguf" -> folder.resolve("other.gguf").toString();
            default -> word;
          });
    }
    line.add(output);
    return line.toArray(String[]::new);
  }

  /// A split's files are those that links stand for, and not the prefix.
  private static String place(String writer, Path link) {
    return writer.startsWith("split")
        ? link.toString().replaceFirst("-\\d{5}-of-\\d{5}\\.gguf$", "")
        : link.toString();
  }

  private Path nameFor(String writer) {
    return folder.resolve(writer.startsWith("split") ? "link-00001-of-00001.gguf" : "link.out");
  }

  /// As root, a rename would replace the link /dev/stdout of the whole machine.
  @ParameterizedTest
  @MethodSource("writers")
  void linksToDevicesAndToNothingAreLeftAlone(String writer) throws IOException {
    for (Path end : List.of(Path.of("/dev/null"), folder, Path.of("nowhere"))) {
      Path link = nameFor(writer);
      Files.createSymbolicLink(link, Path.of("second"));
      Files.createSymbolicLink(folder.resolve("second"), end);
      Map<String, Integer> before = contents();
      CliRun run = CliRun.of(line(writer, place(writer, link)));
      boolean isFolder = end.equals(folder) && !writer.startsWith("split");
      if (isFolder && writer.endsWith("--output")) {
        assertEquals(0, run.exitCode(), run.err()); // the usual name in it
        try (Stream<Path> files = Files.list(folder)) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            Files.delete(file);
          }
        }
      } else {
        assertRefused(4, "name a file", run, before);
      }
      assertEquals(Path.of("second"), Files.readSymbolicLink(link));
      assertEquals(end, Files.readSymbolicLink(folder.resolve("second")));
      Files.delete(link);
      Files.delete(folder.resolve("second"));
    }
  }

  @ParameterizedTest
  @MethodSource("writers")
  void theFileBehindALinkIsReplaced(String writer) throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path real = Files.writeString(elsewhere.resolve("real"), "<testsuites>old</testsuites>");
    Path link = nameFor(writer);
    Files.createSymbolicLink(link, Path.of("elsewhere/real"));
    CliRun run = CliRun.of(line(writer, place(writer, link)));
    assertTrue(run.exitCode() == 0 || run.exitCode() == 5, run.err());
    assertEquals(Path.of("elsewhere/real"), Files.readSymbolicLink(link));
    assertFalse(Files.readString(real, StandardCharsets.ISO_8859_1).contains("old<"));
    assertTrue(Files.size(real) > 10);
    try (Stream<Path> files = Files.list(elsewhere)) {
      assertEquals(List.of(real), files.toList());
    }
  }

  @ParameterizedTest
  @MethodSource("writers")
  void standardOutputAndNothingAreNoFiles(String writer) throws IOException {
    String option = writer.substring(writer.lastIndexOf(' ') + 1);
    assertRefused(2, "'-' would be standard output", CliRun.of(line(writer, "-")), Map.of());
    assertRefused(2, option + " is empty", CliRun.of(line(writer, "")), Map.of());
  }

  @ParameterizedTest
  @MethodSource("writers")
  void foldersGetTheUsualNames(String writer) throws IOException {
    Path there = Files.createDirectory(folder.resolve("there"));
    String made = folder.resolve("not/yet") + "/";
    if (!writer.endsWith("--output")) {
      assertRefused(2, "is the name of a folder", CliRun.of(line(writer, made)), Map.of());
      assertRefused(4, "is a folder", CliRun.of(line(writer, there.toString())), Map.of());
      return;
    }
    assertEquals(0, CliRun.of(line(writer, made)).exitCode());
    assertEquals(0, CliRun.of(line(writer, there + "/")).exitCode());
    List<String> names = RealCommand.names(there);
    String usual =
        switch (writer.split(" ", -1)[0]) {
          case "convert" -> "shakespeare-mistral-Q8_0.gguf";
          case "quantize" -> "source-F16.gguf";
          case "split" -> "source-00001-of-00001.gguf";
          case "merge" -> "part.gguf";
          case "imatrix" -> "imatrix.gguf";
          default -> "golden.safetensors";
        };
    assertEquals(List.of(usual), names);
    assertEquals(names, RealCommand.names(Path.of(made)));
    assertEquals(List.of("there", "not"), RealCommand.names(folder).reversed());
    if (!writer.startsWith("split")) { // there it is a prefix
      Files.delete(there.resolve(usual));
      assertEquals(0, CliRun.of(line(writer, there.toString())).exitCode());
      assertEquals(names, RealCommand.names(there));
    }
  }

  @Test
  void aDryRunMakesNoFolder() throws IOException {
    CliRun run = convert(folder.resolve("new"), "--dry-run");
    assertEquals(0, run.exitCode(), run.err());
    CliRun slash = CliRun.of("convert", MODEL, "-t", "Q4_K_M", "-o", folder + "/new/", "--dry-run");
    assertTrue(
        slash.out().contains("would write " + folder + "/new/shakespeare-mistral-Q4_K_M.gguf"));
    assertEquals(Map.of(), contents());
    assertFalse(Files.exists(folder.resolve("new")));
  }
}
