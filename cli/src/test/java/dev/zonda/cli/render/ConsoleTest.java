package dev.zonda.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.render.Console.Verbosity;
import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Console console(Streams.Screen screen, Verbosity verbosity) {
    return new Console(new Streams(new PrintWriter(out), new PrintWriter(err), screen), verbosity);
  }

  @Test
  void resultsAndMessagesGoApart() {
    Console console = console(Streams.Screen.NONE, Verbosity.NORMAL);
    console.line("result");
    console.note("note");
    console.warning("careful");
    console.detail("detail");
    assertEquals("result\n", out.toString());
    assertEquals("note\nwarning: careful\n", err.toString());
  }

  @Test
  void quietKeepsWarnings() {
    Console console = console(Streams.Screen.TERMINAL, Verbosity.QUIET);
    console.note("note");
    console.warning("careful");
    assertEquals("warning: careful\n", err.toString());
    assertSame(ProgressListener.NONE, console.progress());
  }

  @Test
  void progressNeedsATerminal() {
    Console console = console(Streams.Screen.NONE, Verbosity.VERBOSE);
    console.progress().started("working", 10, "bytes");
    console.progress().advanced(5);
    console.progress().finished();
    assertEquals("", err.toString());
  }

  @Test
  void progressShowsShareRateAndTimeLeft() {
    AtomicLong now = new AtomicLong();
    ProgressBar bar = new ProgressBar(new PrintWriter(err), now::get);
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

  @Test
  void jsonKeepsOrderAndNames() {
    record Inner(double p99, List<Double> values) {}
    record Outer(
        String zName, Inner aInner, Optional<String> missing, OptionalLong none, List<Inner> all) {}
    console(Streams.Screen.NONE, Verbosity.NORMAL)
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
