package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The launcher under other locales, with other streams and with the properties for diagnosis.
class EnvironmentIT {
  private static final Path MODEL = TestData.path("models/shakespeare-mistral");
  private static final Path REFERENCE = TestData.path("models/shakespeare-mistral.reference");

  @TempDir private Path folder;

  private RealCommand.Result bash(String line) throws Exception {
    String names = "model='%s'; text='%s'; ".formatted(MODEL, REFERENCE.resolve("text.txt"));
    return RealCommand.bash(folder, names + line).result();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "LC_ALL=C ", "LC_ALL=POSIX ", "LANG=de_DE.UTF-8 ", "LANG=de_DE@euro "})
  void argumentsAndNamesAreUtf8WhateverTheLocaleSays(String locale) throws Exception {
    RealCommand.Result tokens = bash(locale + "$zonda tokenize \"$model\" 'Jürgen ß 漢' --json");
    assertEquals(0, tokens.exitCode(), tokens.err());
    assertEquals(
        CliRun.of("tokenize", MODEL.toString(), "Jürgen ß 漢", "--json").out(), tokens.out());
    assertEquals("", tokens.err());
    Path text = folder.resolve("größe.txt");
    Files.copy(REFERENCE.resolve("text.txt"), text, StandardCopyOption.REPLACE_EXISTING);
    RealCommand.Result dry =
        bash(locale + "$zonda perplexity \"$model\" -f größe.txt --ctx 64 --chunks 2 --dry-run");
    assertEquals(0, dry.exitCode(), dry.err());
    RealCommand.Result converted =
        bash(
            locale
                + "$zonda convert \"$model\" -o größe.gguf --model-name 'Grüße' --force --quiet"
                + " && $zonda inspect größe.gguf");
    assertEquals(0, converted.exitCode(), converted.err());
    assertTrue(converted.out().contains("Grüße"), converted.out());
    assertTrue(Files.exists(folder.resolve("größe.gguf")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"de -Duser.country=DE", "tr -Duser.country=TR"})
  void numbersHaveAPointInEveryLanguage(String language) throws Exception {
    RealCommand.Result result =
        bash(
            "ZONDA_JAVA_OPTS='-Duser.language="
                + language
                + "' $zonda perplexity \"$model\" -f \"$text\" --ctx 64 --chunks 2");
    assertEquals(0, result.exitCode(), result.err());
    assertEquals(
        CliRun.of(
                "perplexity",
                MODEL.toString(),
                "-f",
                REFERENCE.resolve("text.txt").toString(),
                "--ctx",
                "64",
                "--chunks",
                "2")
            .out(),
        result.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-f - <\"$text\"",
        "-f /dev/stdin <\"$text\"",
        "-f <(cat \"$text\")",
      })
  void textsComeFromPipesAndStandardInput(String input) throws Exception {
    String options = " --ctx 64 --chunks 2";
    RealCommand.Result result = bash("$zonda perplexity \"$model\" " + input + options);
    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
    RealCommand.Result named = bash("$zonda perplexity \"$model\" -f \"$text\"" + options);
    assertEquals(named.out(), result.out());
    RealCommand.Result piped = bash("cat \"$text\" | $zonda perplexity \"$model\" -f - " + options);
    assertEquals(named.out(), piped.out());
  }

  @Test
  void commandsLeaveStandardInputAlone() throws Exception {
    RealCommand.Result result =
        bash(
            "printf '1\\n2\\n' | while read -r n; do"
                + " $zonda perplexity \"$model\" -f \"$text\" --ctx 64 --chunks 2 >/dev/null;"
                + " echo line $n; done");
    assertEquals("line 1\nline 2\n", result.out());
    assertEquals("", result.err());
  }

  /// No process of the launcher's goes on after the command.
  @Test
  void nothingOutlivesTheCommand() throws Exception {
    RealCommand.Result result =
        bash(
            "$zonda convert \"$model\" --dry-run >/dev/null; $zonda convert; "
                + "ps -o args= --ppid $$ | grep -v '^ps ' | grep -v grep");
    assertEquals("", result.out());
  }

  @ParameterizedTest
  @CsvSource({"zonda.vectorBits, 64", "zonda.vectorRegisters, 12"})
  void aBadChoiceOfVectorsIsAUsageError(String property, String value) throws Exception {
    String option = "-D" + property + "=" + value;
    RealCommand.Result result =
        bash("ZONDA_JAVA_OPTS=" + option + " $zonda perplexity \"$model\" -f \"$text\"");
    assertEquals(2, result.exitCode(), result.err());
    assertTrue(
        result.err().contains("error: the system property " + property + " is '" + value + "'"),
        result.err());
  }

  @Test
  void verboseSaysWhichVectorsComputeAndWhy() throws IOException, InterruptedException {
    RealCommand.Result evaluated =
        RealCommand.run(
            folder,
            "perplexity",
            MODEL.toString(),
            "-f",
            REFERENCE.resolve("text.txt").toString(),
            "--ctx=64",
            "--chunks=2",
            "--verbose");
    RealCommand.Result converted =
        RealCommand.run(folder, "convert", MODEL.toString(), "-o", "v.gguf", "--verbose");
    String vectors = "computing with \\d+-bit vectors in (16|32) registers";
    String reason = ": the JVM prefers \\d+ bits on this processor";
    assertTrue(
        evaluated.err().lines().anyMatch(l -> l.matches(vectors + ", \\d+ threads?" + reason)),
        evaluated.err());
    assertTrue(converted.err().lines().anyMatch(l -> l.matches(vectors + reason)), converted.err());
  }
}
