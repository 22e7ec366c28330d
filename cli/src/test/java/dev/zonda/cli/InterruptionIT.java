package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.RealCommand.Result;
import dev.zonda.testdata.LlamaShape;
import dev.zonda.testdata.SyntheticModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Stops the real command in the middle of its work, in every way in which it can be stopped.
class InterruptionIT {
  /// Identity and some chunks: by now the work has begun.
  private static final long JOURNAL_BYTES = 1500;

  @TempDir private static Path models;
  @TempDir private Path folder;

  private Path output;
  private Path journal;
  private Path partial;

  /// Large enough that one thread takes a while.
  @BeforeAll
  static void makeModel() throws Exception {
    SyntheticModel.write(
        models.resolve("model"),
        new LlamaShape(1024, 2816, 6, 16, 4, 4096),
        SyntheticModel.Weights.RANDOM);
    Result whole = run(models, "model", "whole.gguf");
    assertEquals(0, whole.exitCode(), whole.err());
  }

  @BeforeEach
  void nameFiles() {
    output = folder.resolve("out.gguf");
    journal = folder.resolve("out.gguf.journal");
    partial = folder.resolve("out.gguf.partial");
  }

  private static String[] line(String model, String output, String... more) {
    List<String> line =
        new ArrayList<>(List.of("convert", model, "-o", output, "-t", "Q3_K_M", "--threads", "1"));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  private static Result run(Path folder, String model, String output, String... more)
      throws Exception {
    return RealCommand.run(folder, line(model, output, more));
  }

  private RealCommand start(String... more) throws Exception {
    return RealCommand.start(folder, line(models.resolve("model").toString(), "out.gguf", more));
  }

  private Result resume() throws Exception {
    return start("--resume").result();
  }

  private void assertWhole() throws Exception {
    assertEquals(List.of("out.gguf"), RealCommand.names(folder));
    assertEquals(-1, Files.mismatch(models.resolve("whole.gguf"), output));
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void aSignalStopsTheRunAndLeavesNothing(String signal, int code) throws Exception {
    RealCommand command = start();
    assertTrue(command.awaitBytes(journal, JOURNAL_BYTES), "ended too soon");
    long start = System.nanoTime();
    command.signal(signal);
    Result result = command.result();
    double seconds = (System.nanoTime() - start) / 1e9;
    assertEquals(code, result.exitCode(), result.err());
    assertEquals("error: interrupted\n", result.err());
    assertEquals(List.of(), RealCommand.names(folder));
    // A second on a machine that has nothing else to do.
    assertTrue(seconds < 10, "took " + seconds + " s");
  }

  @Test
  void whatIsToBeKeptIsResumed() throws Exception {
    RealCommand command = start("--keep-partial");
    assertTrue(command.awaitBytes(journal, JOURNAL_BYTES), "ended too soon");
    command.signal("INT");
    Result stopped = command.result();
    assertEquals(130, stopped.exitCode(), stopped.err());
    assertTrue(stopped.err().contains("resume with --resume"), stopped.err());
    assertEquals(List.of("out.gguf.journal", "out.gguf.partial"), RealCommand.names(folder));
    Result resumed = resume();
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertTrue(resumed.err().startsWith("resuming after "), resumed.err());
    assertWhole();
  }

  @Test
  void afterAKillTheNextRunAsksWhatToDo() throws Exception {
    RealCommand command = start();
    assertTrue(command.awaitBytes(journal, JOURNAL_BYTES), "ended too soon");
    command.signal("KILL");
    command.result();
    Result refused = start().result();
    assertEquals(2, refused.exitCode());
    assertEquals(
        "error: out.gguf.partial exists, left by a run that did not finish: resume it with --resume,"
            + " or start over with --force\n",
        refused.err());
    Result other = start("--resume", "--pure").result();
    assertEquals(2, other.exitCode());
    assertTrue(other.err().startsWith("error: out.gguf.partial cannot be resumed ("), other.err());
    assertTrue(Files.size(partial) > 0);
    Result resumed = resume();
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertWhole();
  }

  @Test
  void twoRunsDoNotDisturbEachOther() throws Exception {
    RealCommand first = start();
    assertTrue(first.awaitBytes(journal, JOURNAL_BYTES), "ended too soon");
    Result second = start("--force").result();
    Result firstResult = first.result();
    assertEquals(0, firstResult.exitCode(), firstResult.err());
    if (second.exitCode() != 0) { // else the first had ended before it began
      assertEquals(2, second.exitCode());
      assertEquals("error: another run is writing out.gguf: wait until it ends\n", second.err());
    }
    assertWhole();
  }

  @Test
  void aFullDiskIsOneLineAndLeavesNothing() throws Exception {
    Files.createSymbolicLink(folder.resolve("model"), models.resolve("model"));
    // No file may become larger than some MB: as if the disk were full.
    Result full =
        RealCommand.bash(
                folder, "ulimit -f 9000; exec \"$zonda\" convert model -o out.gguf -t Q8_0")
            .result();
    assertEquals(4, full.exitCode(), full.err());
    assertEquals(1, full.err().lines().count(), full.err());
    assertTrue(full.err().startsWith("error: out.gguf: "), full.err());
    assertEquals(List.of("model"), RealCommand.names(folder));
  }

  @Test
  void afterAFullDiskWhatIsKeptIsGoneOnWith() throws Exception {
    Result full =
        RealCommand.bash(
                folder,
                "ulimit -f 9000; exec \"$zonda\" "
                    + String.join(
                        " ",
                        line(models.resolve("model").toString(), "out.gguf", "--keep-partial")))
            .result();
    assertEquals(4, full.exitCode(), full.err());
    Result resumed = resume();
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertWhole();
  }

  /// Killed at random moments of its life, and again when it goes on.
  @ParameterizedTest
  @CsvSource({"KILL, 20261122", "INT, 20261123"})
  @Tag("slow")
  void soak(String signal, long seed) throws Exception {
    long start = System.nanoTime();
    assertEquals(0, start().result().exitCode());
    long millis = (System.nanoTime() - start) / 1_000_000;
    Random random = new Random(seed);
    int stopped = 0;
    for (int round = 0; round < 20; round++) {
      Files.deleteIfExists(output);
      RealCommand command = start("--resume");
      for (int kills = 1 + random.nextInt(3); kills > 0; kills--) {
        command.await(random.nextLong(millis));
        command.signal(signal);
        stopped += command.result().exitCode() == 0 ? 0 : 1;
        // It may have been faster: then the output is there.
        command = start("--resume", "--force");
      }
      Result last = command.result();
      assertEquals(0, last.exitCode(), "seed " + seed + ", round " + round + ": " + last.err());
      assertWhole();
    }
    assertTrue(stopped >= 10, "only " + stopped + " runs were stopped in time");
  }
}
