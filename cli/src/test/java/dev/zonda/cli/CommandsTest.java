package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Streams;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class CommandsTest {
  private static final Pattern ANNOTATED_NAME =
      Pattern.compile("^@Command\\(\\s*name = \"([a-z-]+)\"", Pattern.MULTILINE);

  static List<String> names() {
    return Commands.names();
  }

  private static CommandLine commandLine(List<String> names) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return Main.commandLine(new Streams(nowhere, nowhere, Screen.none(), Screen.none()), names);
  }

  /// A command with its options, as picocli sees it.
  static CommandSpec spec(String name) {
    return commandLine(names()).getSubcommands().get(name).getCommandSpec();
  }

  @Test
  void everyCommandIsInTheList() throws IOException {
    List<String> annotated = new ArrayList<>();
    try (Stream<Path> sources = Files.list(Path.of("src/main/java/dev/zonda/cli"))) {
      for (Path source :
          sources.filter(file -> file.toString().endsWith("Command.java")).toList()) {
        Matcher name = ANNOTATED_NAME.matcher(Files.readString(source));
        if (name.find()) {
          annotated.add(name.group(1));
        }
      }
    }
    assertEquals(
        annotated.stream().sorted().toList(),
        names().stream().sorted().toList(),
        "classes with the annotation, and the list in Commands");
  }

  @ParameterizedTest
  @MethodSource("names")
  void namesAreThoseOfTheAnnotations(String name) {
    CommandLine command = commandLine(names()).getSubcommands().get(name);
    assertEquals(name, command.getCommandName());
  }

  @ParameterizedTest
  @MethodSource("names")
  void aCommandAloneIsWhatItIsAmongAll(String name) {
    CommandLine alone = commandLine(Commands.neededFor(name, "x")).getSubcommands().get(name);
    CommandLine among = commandLine(names()).getSubcommands().get(name);
    assertEquals(among.getUsageMessage(), alone.getUsageMessage());
    assertEquals("zonda " + name, alone.getCommandSpec().qualifiedName(" "));
  }

  @Test
  void onlyWhatALineNeedsIsMade() {
    assertEquals(List.of("inspect"), Commands.neededFor("inspect", "split"));
    assertEquals(List.of(), Commands.neededFor("--version"));
    assertEquals(List.of(), Commands.neededFor("-V"));
    assertEquals(names(), Commands.neededFor("--version", "inspect"));
    assertEquals(names(), Commands.neededFor("--help"));
    assertEquals(names(), Commands.neededFor("inspct"));
    assertEquals(names(), Commands.neededFor());
  }

  /// What it does not name gets the options of its last case, whatever it needs.
  @ParameterizedTest
  @MethodSource("names")
  void theLauncherKnowsWhatItNeeds(String name) throws IOException {
    String launcher = Files.readString(TestData.path("models").resolve("../../zonda"));
    assertTrue(
        Pattern.compile("(?m)^ +(?:.* \\| )?" + name + "(?: \\| .*)?\\)").matcher(launcher).find(),
        name + " is in no case of kind_of or set_options");
  }

  @Test
  void noOtherNamesAreCommands() {
    assertThrows(IllegalArgumentException.class, () -> commandLine(List.of("inspct")));
  }
}
