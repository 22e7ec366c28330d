package dev.zonda.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.render.Console.Verbosity;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Console console(Screen screen, Verbosity verbosity) {
    return new Console(
        new Streams(new PrintWriter(out), new PrintWriter(err), screen, screen),
        verbosity,
        ProgressMode.AUTO);
  }

  @Test
  void resultsAndMessagesGoApart() {
    Console console = console(Screen.none(), Verbosity.NORMAL);
    console.line("result");
    console.note("note");
    console.warning("careful");
    console.detail("detail");
    assertEquals("result\n", out.toString());
    assertEquals("note\nwarning: careful\n", err.toString());
  }

  @Test
  void quietKeepsWarnings() {
    Console console = console(new Screen.Terminal(80), Verbosity.QUIET);
    console.note("note");
    console.warning("careful");
    assertEquals("warning: careful\n", err.toString());
    assertSame(ProgressListener.NONE, console.progress());
  }

  @Test
  void progressNeedsATerminal() {
    Console console = console(Screen.none(), Verbosity.VERBOSE);
    console.progress().started("working", 10, "bytes");
    console.progress().advanced(5);
    console.progress().finished();
    assertEquals("", err.toString());
  }

  @Test
  void progressShowsShareRateAndTimeLeft() {
    AtomicLong now = new AtomicLong();
    ProgressBar bar = new ProgressBar(new PrintWriter(err), now::get, 80);
    bar.started("quantizing", 4096, "bytes");
    now.set(2_000_000_000);
    bar.advanced(1024);
    assertTrue(
        err.toString().endsWith("quantizing [######------------------]  25%  512 B/s  0:06 left"),
        err.toString());
    int length = err.toString().length();
    bar.advanced(1024);
    assertEquals(length, err.toString().length(), "drawn again within a tenth of a second");
    bar.finished();
    assertTrue(err.toString().endsWith("\r\u001b[K"), "the line is left behind");
  }

  private static TensorInfo tensor() {
    return new TensorInfo(new TensorSpec("t.weight", TensorType.Q8_0, Shape.of(32)), 0);
  }

  @Test
  void progressCountsTensors() {
    AtomicLong now = new AtomicLong();
    ProgressBar bar = new ProgressBar(new PrintWriter(err), now::get, 80);
    bar.started("converting tensors", 4L << 30, "bytes");
    bar.skipped(1L << 30);
    bar.finishedTensor(TensorType.BF16, tensor(), 291);
    now.set(2_000_000_000);
    bar.advanced(1L << 30);
    String line = err.toString().substring(err.toString().lastIndexOf('K') + 1);
    assertEquals(
        "converting [#####-----]  50%  1/291 tensors  2.00 GiB  512 MiB/s  0:04 left", line);
    assertTrue(line.length() < 80);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "76 | converting [#####-----]  50%  1/291 tensors  2.00 GiB  512 MiB/s  0:04 left",
        "75 | converting [#####-----]  50%  1/291 tensors  2.00 GiB  0:04 left",
        "65 | converting [#####-----]  50%  1/291 tensors  2.00 GiB  0:04 left",
        "64 | converting [#####-----]  50%  0:04 left",
        "40 | converting [#####-----]  50%  0:04 left",
        "30 | converting 50%  0:04 left",
        "20 | 50%",
        "3 | ''",
      })
  void progressFitsTheTerminal(int columns, String expected) {
    AtomicLong now = new AtomicLong();
    ProgressBar bar = new ProgressBar(new PrintWriter(err), now::get, columns);
    bar.started("converting tensors", 4L << 30, "bytes");
    bar.skipped(1L << 30);
    bar.finishedTensor(TensorType.BF16, tensor(), 291);
    now.set(2_000_000_000);
    bar.advanced(1L << 30);
    assertEquals(expected, err.toString().substring(err.toString().lastIndexOf('K') + 1));
    assertTrue(expected.length() < columns);
  }

  @Test
  void tablesAndSentencesFitTheTerminal() {
    Console console = console(new Screen.Terminal(30), Verbosity.NORMAL);
    console.table(Table.ofPairs().row("label", "a value that takes more than the room"));
    console.sentence("A sentence is broken between its words.");
    assertEquals(
        """
        label  a value that takes more
               than the room
        A sentence is broken between
        its words.
        """,
        out.toString());
  }

  @Test
  void progressForProgramsIsALineForEachEvent() {
    AtomicLong now = new AtomicLong();
    ProgressLines lines = new ProgressLines(new PrintWriter(err), now::get);
    lines.started("converting tensors", 4096, "bytes");
    now.set(100_000_000);
    lines.advanced(512);
    now.set(1_000_000_000);
    lines.skipped(1024);
    lines.finishedTensor(TensorType.BF16, tensor(), 3);
    lines.advanced(2560);
    lines.message("note");
    now.set(2_000_000_000);
    lines.finished();
    assertEquals(
        """
        {'event':'started','task':'converting tensors','unit':'bytes','done':0,'total':4096,\
        'skipped':0,'tensors_done':0,'seconds':0.0}
        {'event':'progress','task':'converting tensors','unit':'bytes','done':1536,'total':4096,\
        'skipped':1024,'tensors_done':0,'seconds':1.0,'per_second':512,'seconds_left':5}
        {'event':'tensor','name':'t.weight','from':'BF16','to':'Q8_0','bytes':34}
        note
        {'event':'ended','task':'converting tensors','unit':'bytes','done':4096,'total':4096,\
        'skipped':1024,'tensors_done':1,'tensors':3,'seconds':2.0,'per_second':1536,'seconds_left':0}
        """
            .replace('\'', '"'),
        err.toString());
  }

  @Test
  void whatIsAskedForWinsOverQuiet() {
    Streams streams =
        new Streams(new PrintWriter(out), new PrintWriter(err), Screen.none(), Screen.none());
    Console console = new Console(streams, Verbosity.QUIET, ProgressMode.JSON);
    console.progress().started("working", 10, "bytes");
    console.note("note");
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertSame(
        ProgressListener.NONE,
        new Console(streams, Verbosity.NORMAL, ProgressMode.NONE).progress());
  }

  @Test
  void jsonKeepsOrderAndNames() {
    record Inner(double p99, List<Double> values) {}
    record Outer(
        String zName, Inner aInner, Optional<String> missing, OptionalLong none, List<Inner> all) {}
    console(Screen.none(), Verbosity.NORMAL)
        .json(
            new Outer(
                "é\u009b",
                new Inner(0.5, List.of(1.0)),
                Optional.empty(),
                OptionalLong.empty(),
                List.of()));
    assertEquals(
        "{'z_name':'é\\u009b','a_inner':{'p99':0.5,'values':[1.0]},'all':[]}".replace('\'', '"'),
        out.toString().replaceAll("[ \n]", ""));
    assertFalse(out.toString().contains("missing"));
  }
}
