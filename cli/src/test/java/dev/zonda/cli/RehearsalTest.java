package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A command that is not in the training run of its cache starts with classes that the JVM has to
/// read and check.
class RehearsalTest {
  /// It runs other commands, which are rehearsed in the same cache.
  private static final Set<String> MADE_OF_OTHERS = Set.of("demo");

  static Stream<String> commands() {
    return Commands.names().stream().filter(name -> !MADE_OF_OTHERS.contains(name));
  }

  /// Asks the launcher, as it decides itself.
  private static String cacheOf(String command) throws IOException, InterruptedException {
    Path launcher = TestData.path("models").resolve("../../zonda");
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                ". \"$0\"; set_options \"$(kind_of \"$1\")\"; printf %s \"$cache\"",
                launcher.toString(),
                command)
            .start();
    String name = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor());
    return name;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aCommandIsRehearsedForTheCacheThatItStartsWith(String command) throws Exception {
    String file = cacheOf(command);
    String cache = file.substring(0, file.indexOf('.'));
    List<String> rehearsed =
        Rehearsal.lines(cache, Path.of("models"), Path.of("work")).stream()
            .map(List::getFirst)
            .toList();
    assertTrue(
        rehearsed.contains(command),
        "the launcher starts %s with %s, for which Rehearsal has no line of it"
            .formatted(command, file));
  }
}
