package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs the launcher as a user does, on the packaged program: in the phase after packaging.
class LauncherIT {
  private static final Path HOME = TestData.path("models").getParent().getParent();

  private static final Path DIST = HOME.resolve("cli/target/dist");

  /// Of terminals: colours and the like, which take no room.
  private static final Pattern STYLES = Pattern.compile("\u001b\\[[0-9;]*m");

  @TempDir private Path folder;

  private record Result(int exitCode, String out, String err) {}

  /// Runs a line of bash in an otherwise empty environment; `$zonda` is the launcher.
  private Result bash(String line, Map<String, String> environment) throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder = new ProcessBuilder("/bin/bash", "-c", line);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("zonda", HOME.resolve("zonda").toString());
    builder.environment().putAll(environment);
    builder.directory(folder.toFile());
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the launcher hangs");
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private Result bash(String line) throws Exception {
    return bash(line, Map.of());
  }

  @Test
  void startsThroughLinksWithSpaces() throws Exception {
    Path links = Files.createDirectories(folder.resolve("my links"));
    Files.createSymbolicLink(links.resolve("first"), HOME.resolve("zonda"));
    Files.createSymbolicLink(links.resolve("z onda"), Path.of("first"));
    Result result = bash("\"my links/z onda\" --version");
    assertEquals(0, result.exitCode(), result.err());
    assertTrue(result.out().matches("zonda \\d+\\.\\d+\\.\\d+, Java .*\n"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void findsAJdkInAnEmptyEnvironment() throws Exception {
    Result result = bash("env -i ZONDA_JAVA_HOME=\"$JAVA_HOME\" \"$zonda\" --version");
    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
  }

  @Test
  void computingCommandsShowNoWarningOfTheJvm() throws Exception {
    Result result = bash("\"$zonda\" convert");
    assertTrue(result.err().startsWith("error: "), result.err());
    assertFalse(result.err().contains("WARNING"), result.err());
  }

  @Test
  void passesExitCodesAndOneLineOfError() throws Exception {
    assertEquals(2, bash("\"$zonda\" no-such-command").exitCode());
    Result missing = bash("\"$zonda\" inspect 'no such file'");
    assertEquals(3, missing.exitCode());
    assertEquals("error: no such file: no such file or folder\n", missing.err());
    assertEquals("", missing.out());
  }

  @Test
  void sharesItsStandardErrorWithOthers() throws Exception {
    Result result =
        bash("echo before >&2; \"$zonda\" inspect none; echo between >&2; \"$zonda\" inspect x");
    assertEquals(
        """
        before
        error: none: no such file or folder
        between
        error: x: no such file or folder
        """,
        result.err());
  }

  @Test
  void survivesStreamsOfEveryKind() throws Exception {
    assertEquals(3, bash("\"$zonda\" inspect none 2>&-").exitCode());
    assertEquals(3, bash("\"$zonda\" inspect none <&- >&- 2>&-").exitCode());
    assertEquals(3, bash("\"$zonda\" inspect none 2>/dev/null").exitCode());
    assertEquals(
        "error: none: no such file or folder\n",
        bash("\"$zonda\" inspect none 2>&1 >/dev/null | cat").out());
    assertEquals(0, bash("\"$zonda\" --version >&-").exitCode());
  }

  @Test
  void sayWhatIsLostOnAFullDisk() throws Exception {
    Path full = Path.of("/dev/full");
    if (!Files.exists(full)) {
      return; // Linux alone has this device.
    }
    Result result = bash("\"$zonda\" --version >/dev/full");
    assertEquals(4, result.exitCode());
    assertTrue(result.err().startsWith("error: cannot write the results: "), result.err());
  }

  @Test
  void aReaderThatHasSeenEnoughEndsItQuietly() throws Exception {
    Result result = bash("\"$zonda\" --help | true; exit ${PIPESTATUS[0]}");
    assertEquals(141, result.exitCode());
    assertEquals("", result.err());
    String model = HOME.resolve("testdata/models/shakespeare-mistral").toString();
    Result computing =
        bash("\"$zonda\" tokenize " + model + " 'To be' | true; exit ${PIPESTATUS[0]}");
    assertEquals(141, computing.exitCode());
    assertEquals("2 tokens\n", computing.err());
    Result whole = bash("set -o pipefail; \"$zonda\" --help | cat >/dev/null");
    assertEquals(0, whole.exitCode());
  }

  /// Every text and list may come from standard input or a pipe.
  @Test
  void readsTextsFromStandardInputAndPipes() throws Exception {
    String model = HOME.resolve("testdata/models/shakespeare-mistral").toString();
    String convert = "\"$zonda\" convert " + model + " -t Q8_0 --dry-run --json ";
    Result strings =
        bash("echo '[\"To be\", \"or\"]' | \"$zonda\" tokenize " + model + " --strings -");
    assertEquals(0, strings.exitCode(), strings.err());
    assertTrue(strings.out().startsWith("{"), strings.out());
    Result text = bash("printf 'To be' | \"$zonda\" tokenize " + model + " -f -");
    assertEquals(0, text.exitCode(), text.err());
    for (String source : List.of("- <rules", "/dev/stdin <rules", "<(cat rules)")) {
      Files.writeString(folder.resolve("rules"), "output=F16\nattn_v=Q6_K\n");
      Result rules = bash(convert + "--tensor-type-file " + source);
      assertEquals(0, rules.exitCode(), rules.err());
      assertTrue(rules.out().contains("\"Q6_K\""), rules.out());
      Files.writeString(folder.resolve("rules"), "zonda_recipe: 1\ntype: Q5_0\n");
      Result recipe = bash(convert.replace("-t Q8_0", "") + "--recipe " + source);
      assertEquals(0, recipe.exitCode(), recipe.err());
      assertTrue(recipe.out().contains("\"Q5_0\""), recipe.out());
      Files.writeString(folder.resolve("rules"), "{\"general.author\": 7}");
      Result metadata = bash(convert + "--metadata " + source);
      assertEquals(3, metadata.exitCode());
      assertTrue(metadata.err().contains("general.author"), metadata.err());
      assertEquals(
          source.startsWith("<"),
          !metadata.err().contains("error: standard input"),
          metadata.err());
    }
  }

  /// The terminal's width is learnt without a process.
  @Test
  void knowsHowWideTheTerminalIs() throws Exception {
    if (bash("command -v script && command -v stty").exitCode() != 0) {
      return; // there is no program here that makes a terminal
    }
    for (int columns : new int[] {60, 97}) {
      for (String redirected : List.of("", "2>/dev/null")) {
        String line =
            "script -qec 'stty cols %d rows 20; \"%s\" convert --help %s' /dev/null </dev/null"
                .formatted(columns, HOME.resolve("zonda"), redirected);
        List<String> help = bash("TERM=xterm " + line).out().lines().toList();
        int longest =
            help.stream()
                .map(text -> STYLES.matcher(text).replaceAll(""))
                .mapToInt(String::length)
                .max()
                .orElse(0);
        assertTrue(longest <= columns && longest > columns - 12, longest + " of " + columns);
      }
    }
    // What goes into a file is as wide as ever.
    Result file =
        bash(
            "script -qec 'stty cols 60; \"%s\" convert --help >help' /dev/null </dev/null; cat help"
                .formatted(HOME.resolve("zonda")));
    assertTrue(file.out().lines().anyMatch(text -> text.length() > 70), file.out());
  }

  @Test
  void optionsMayStandBeforeTheCommand() throws Exception {
    String question =
        ". \"$zonda\"; for line in '--quiet convert m' '--progress json compare m' "
            + "'--json --progress=bar split m' '-q inspect' 'help convert' 'convert --help' "
            + "'--json' '--progress'; do kind_of $line; echo; done";
    assertEquals(
        "convert\ncompare\ncopy\nshort\nshort\nshort\nshort\nshort\n", bash(question).out());
    Result result = bash("\"$zonda\" --json inspect none");
    assertEquals(3, result.exitCode());
    assertEquals("error: none: no such file or folder\n", result.err());
  }

  @Test
  void saysWhichJdkIsMissing() throws Exception {
    Path old = Files.createDirectories(folder.resolve("old jdk/bin")).getParent();
    Files.writeString(old.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.9\"\n");
    Files.createSymbolicLink(old.resolve("bin/java"), Path.of("/bin/true"));
    Result result = bash("\"$zonda\" --version", Map.of("ZONDA_JAVA_HOME", old.toString()));
    assertEquals(69, result.exitCode());
    assertEquals(
        List.of("error: ZONDA_JAVA_HOME is " + old + ", which is not a JDK 25 or newer"),
        result.err().lines().toList());
  }

  @Test
  void passesByAnOldJavaHome() throws Exception {
    Path old = Files.createDirectories(folder.resolve("old/bin")).getParent();
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"1.8.0_402\"\n");
    Files.createSymbolicLink(old.resolve("bin/java"), Path.of("/bin/false"));
    Files.createDirectories(folder.resolve("home/.jdks"));
    Files.createSymbolicLink(
        folder.resolve("home/.jdks/new"), Path.of(System.getProperty("java.home")));
    Result result =
        bash(
            "\"$zonda\" --version",
            Map.of("JAVA_HOME", old.toString(), "HOME", folder.resolve("home").toString()));
    assertEquals(0, result.exitCode(), result.err());
  }

  @Test
  void saysThatThereIsNothingToBuild() throws Exception {
    Path copy = folder.resolve("copy");
    Files.copy(HOME.resolve("zonda"), copy);
    assertTrue(copy.toFile().setExecutable(true));
    Result result = bash("./copy --version");
    assertEquals(69, result.exitCode());
    assertTrue(result.err().contains("there are no sources to build it from"), result.err());
    assertFalse(result.err().contains("WARNING"), result.err());
  }

  @Test
  void buildsAgainWhenASourceIsNewerThanItsJar() throws Exception {
    Path home = checkout();
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    Path source = Files.createDirectories(home.resolve("formats/src/main")).resolve("New.java");
    Path maven = Files.createDirectories(folder.resolve("bin")).resolve("mvn");
    Path built = home.resolve("cli/target/dist/built");
    Files.writeString(
        maven, "#!/bin/sh\necho built >>%s\ntouch %s\n".formatted(folder.resolve("builds"), built));
    assertTrue(maven.toFile().setExecutable(true));
    String line = "PATH=$PWD/bin:$PATH checkout/zonda --version";
    Files.setLastModifiedTime(home.resolve("pom.xml"), FileTime.from(Instant.EPOCH));

    assertEquals("", bash(line).err());
    Files.writeString(source, "class New {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(1)));
    Result stale = bash("sleep 1.1; " + line);
    assertEquals(0, stale.exitCode(), stale.err());
    assertTrue(stale.err().startsWith("zonda: building"), stale.err());
    assertEquals("", bash(line).err());
    assertEquals("built\n", Files.readString(folder.resolve("builds")));
  }

  /// A moved copy of the built program, without sources.
  private Path checkout() throws IOException {
    Path home = folder.resolve("checkout");
    try (Stream<Path> files = Files.walk(DIST)) {
      for (Path file : files.toList()) {
        Path copy = home.resolve(HOME.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    Files.copy(HOME.resolve("zonda"), home.resolve("zonda"), StandardCopyOption.COPY_ATTRIBUTES);
    return home;
  }

  /// Where the JVM has found the classes that matter: those of the program, and picocli's.
  private void assertLoads(String command, String source) throws Exception {
    Path loads = folder.resolve("loads.txt");
    Result result = bash(command, Map.of("ZONDA_JAVA_OPTS", "-Xlog:class+load:file=" + loads));
    assertEquals("", result.err());
    List<String> lines = Files.readAllLines(loads);
    for (String name : List.of("dev.zonda.cli.Main", "picocli.CommandLine")) {
      assertTrue(
          lines.stream().anyMatch(line -> line.contains(name + " source: " + source)),
          () -> String.join("\n", lines));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--version",
        "inspect --help",
        "split --help",
        "convert --help",
        "perplexity --help"
      })
  void startsFromTheCache(String command) throws Exception {
    assertLoads("\"$zonda\" " + command + " >/dev/null", "shared objects file");
  }

  /// Evaluations start from an archive of classes that holds lambdas, too.
  @Test
  void evaluatesFromItsOwnCache() throws Exception {
    Path loads = folder.resolve("loads.txt");
    Path models = HOME.resolve("testdata/models");
    String model = models.resolve("shakespeare-mistral").toString();
    Path text = models.resolve("shakespeare-mistral.reference/text.txt");
    Result result =
        bash(
            "\"$zonda\" perplexity " + model + " --ctx 64 --chunks 2 -f " + text,
            Map.of("ZONDA_JAVA_OPTS", "-Xmx96m -Xlog:class+load:file=" + loads));
    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
    List<String> made =
        Files.readAllLines(loads).stream()
            .filter(line -> line.contains("$$Lambda") && !line.contains("shared objects file"))
            .toList();
    assertTrue(made.size() < 100, () -> made.size() + " lambdas: " + String.join("\n", made));
  }

  /// What `--memory` and the heap allow depends on the options of the real run.
  @Test
  void plansAnEvaluationAsItWouldRun() throws Exception {
    String question =
        ". \"$zonda\"; kind_of perplexity m -f t --dry-run; kind_of convert m --dry-run";
    assertEquals("perplexityplan", bash(question).out());
  }

  private void assertRunsWithout(String zonda) throws Exception {
    String command = zonda + " inspect --json " + HOME.resolve("testdata/zoo/mistral/imatrix.gguf");
    Result result = bash(command);
    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
    assertTrue(result.out().startsWith("{"), result.out());
    assertEquals(bash(command.replace(zonda, "\"$zonda\"")).out(), result.out());
  }

  @Test
  void runsAfterAMove() throws Exception {
    Path home = checkout();
    assertRunsWithout("checkout/zonda");
    Files.delete(home.resolve("cli/target/dist/plain.aot"));
    assertRunsWithout("checkout/zonda");
    assertLoads("checkout/zonda --version >/dev/null", "file:");
  }

  @Test
  void runsWithACacheOfOlderJars() throws Exception {
    Path home = checkout();
    Path jar = home.resolve("cli/target/dist/lib/zonda-cli.jar");
    Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(1)));
    assertRunsWithout("checkout/zonda");
    assertLoads("checkout/zonda --version >/dev/null", "file:");
  }

  @Test
  void runsWithABrokenCache() throws Exception {
    Path cache = checkout().resolve("cli/target/dist/plain.aot");
    byte[] whole = Files.readAllBytes(cache);
    Files.write(cache, Arrays.copyOf(whole, whole.length / 2));
    assertRunsWithout("checkout/zonda");
    Files.write(cache, new byte[100_000]);
    assertRunsWithout("checkout/zonda");
    Files.write(cache, new byte[0]);
    assertRunsWithout("checkout/zonda");
    assertLoads("checkout/zonda --version >/dev/null", "file:");
  }

  @Test
  void runsWithACacheOfAnotherJdk() throws Exception {
    Path cache = checkout().resolve("cli/target/dist/plain.aot");
    byte[] bytes = Files.readAllBytes(cache);
    String header = new String(bytes, 0, 4096, StandardCharsets.ISO_8859_1);
    int version = header.indexOf("(" + Runtime.version().feature() + ".");
    assertTrue(version > 0, "the cache's header names no JVM");
    bytes[version + 4] = '9';
    Files.write(cache, bytes);
    assertRunsWithout("checkout/zonda");
    assertLoads("checkout/zonda --version >/dev/null", "file:");
  }

  @Test
  void asksForNoCacheOfAnotherJdkOrOfOlderJars() throws Exception {
    Path dist = checkout().resolve("cli/target/dist");
    String question =
        ". checkout/zonda; dist=checkout/cli/target/dist; jdk=$JAVA_HOME; fits $dist/vector.aot"
            + " && echo yes";
    assertEquals("yes\n", bash(question).out());
    Files.writeString(dist.resolve("release"), "JAVA_VERSION=\"25\"\n");
    assertEquals("", bash(question).out());
    Files.copy(
        Path.of(System.getProperty("java.home"), "release"),
        dist.resolve("release"),
        StandardCopyOption.REPLACE_EXISTING);
    assertEquals("yes\n", bash(question).out());
    Path jar = dist.resolve("lib/zonda-cli.jar");
    Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(1)));
    assertEquals("", bash(question).out());
  }

  @Test
  void takesTheJdkOfTheBuildBeforeItSearches() throws Exception {
    Path home = checkout();
    Path jdk = Files.createDirectories(folder.resolve("built with/bin")).getParent();
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.9\"\n");
    Files.writeString(jdk.resolve("bin/java"), "#!/bin/sh\necho chosen\n");
    assertTrue(jdk.resolve("bin/java").toFile().setExecutable(true));
    Path remembered = home.resolve("cli/target/dist/jdk");
    Files.writeString(remembered, jdk + "\n");
    assertEquals("chosen\n", bash("unset JAVA_HOME; checkout/zonda --version").out());
    assertTrue(bash("checkout/zonda --version").out().startsWith("zonda "));
    Files.writeString(remembered, folder.resolve("gone") + "\n");
    assertEquals(0, bash("checkout/zonda --version").exitCode());
  }

  @Test
  void messagesOfAJvmThatDoesNotStartAreSeen() throws Exception {
    Result result = bash("\"$zonda\" convert --help", Map.of("ZONDA_JAVA_OPTS", "-Xbad"));
    assertTrue(result.err().contains("Unrecognized option: -Xbad"), result.err());
  }
}
