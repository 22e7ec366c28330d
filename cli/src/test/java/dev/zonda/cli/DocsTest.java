package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import dev.zonda.quantize.FileType;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

/// Holds the documents to the program.
class DocsTest {
  private static final Path HOME = TestData.path("models").getParent().getParent();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");
  private static final Pattern ANCHOR = Pattern.compile("\\]\\(([^):#\\s]*)#([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern COMMAND_ROW = Pattern.compile("(?m)^\\| `zonda ([a-z]+)[^|]*\\|");
  private static final Pattern COMMAND_USE =
      Pattern.compile("(?:\\./|`|^ *|\\$ )zonda ([a-z]+)\\b");

  /// Columns of a line, so that two pages or versions can be read side by side.
  private static final int WIDTH = 120;

  /// Letters of a line by which it is known again.
  private static final int BEGINNING = 40;

  private static final Pattern LIST_ITEM = Pattern.compile("^([-*]|\\d+\\.) ");
  private static final Pattern CLASS =
      Pattern.compile("`([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)(?:\\.[A-Za-z_]+)?`");

  static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.walk(HOME, 4)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !HOME.relativize(file).toString().matches("(.*/)?(target|\\.git|hf)/.*"))
          .map(HOME::relativize)
          .sorted()
          .toList();
    }
  }

  private static String read(Path document) throws IOException {
    return Files.readString(HOME.resolve(document));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void linksLeadSomewhere(Path document) throws IOException {
    Path folder = HOME.resolve(document).getParent();
    List<String> broken =
        LINK.matcher(read(document))
            .results()
            .map(match -> match.group(1))
            .filter(link -> !link.contains("://") && !link.startsWith("mailto:"))
            .filter(link -> !Files.exists(folder.resolve(link)))
            .toList();
    assertEquals(List.of(), broken);
  }

  /// The pages that people write: model cards within the test data are data.
  static List<Path> pages() throws IOException {
    return documents().stream().filter(document -> document.getNameCount() <= 2).toList();
  }

  /// Only what cannot be broken may be longer: rows of tables, and single words such as addresses.
  @ParameterizedTest
  @MethodSource("pages")
  void linesFitTheWidth(Path page) throws IOException {
    List<String> lines = read(page).lines().toList();
    List<String> tooLong = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int columns = line.codePointCount(0, line.length());
      if (columns > WIDTH && canBeBroken(line.strip())) {
        tooLong.add(
            "%s:%d has %d columns, expected %d at most".formatted(page, i + 1, columns, WIDTH));
      }
    }
    assertEquals(List.of(), tooLong);
  }

  /// Where two versions of a page are joined, rows and sentences of both may stay.
  @ParameterizedTest
  @MethodSource("pages")
  void nothingIsSaidTwice(Path page) throws IOException {
    List<String> again = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Set<String> rows = new HashSet<>();
    boolean isCode = false;
    for (String line : read(page).lines().toList()) {
      isCode ^= line.startsWith("```");
      if (!line.startsWith("|")) {
        rows.clear();
      }
      boolean isNew =
          line.startsWith("|")
              ? line.startsWith("|---") || rows.add(subject(line))
              : isCode || line.length() < BEGINNING || seen.add(line.substring(0, BEGINNING));
      if (!isNew) {
        again.add(line);
      }
    }
    assertEquals(List.of(), again);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void rowsStandInTables(Path page) throws IOException {
    List<String> stray = new ArrayList<>();
    List<String> lines = read(page).lines().toList();
    boolean isCode = false;
    for (int i = 0; i < lines.size(); i++) {
      isCode ^= lines.get(i).startsWith("```");
      boolean isRow = !isCode && lines.get(i).startsWith("|");
      boolean isFollowing = i > 0 && lines.get(i - 1).startsWith("|");
      boolean isHead = i + 1 < lines.size() && lines.get(i + 1).startsWith("|---");
      if (isRow && !isFollowing && !isHead) {
        stray.add(lines.get(i));
      }
    }
    assertEquals(List.of(), stray);
  }

  /// What a row is about: its first cell, and the first word of the second one, which may say that
  /// it is about other families.
  private static String subject(String row) {
    String[] cells = row.split("\\|", 4);
    return cells[1].strip() + " " + (cells.length < 3 ? "" : cells[2].strip().split(" ", 2)[0]);
  }

  private static boolean canBeBroken(String line) {
    return !line.startsWith("|") && LIST_ITEM.matcher(line).replaceFirst("").contains(" ");
  }

  /// What the pages for those who read the code call a class is one.
  @ParameterizedTest
  @ValueSource(strings = {"docs/tensor.md", "CONTRIBUTING.md"})
  void classesExist(String page) throws IOException {
    Set<String> unknown =
        CLASS
            .matcher(read(Path.of(page)))
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(unknown.size() >= 30, unknown.toString());
    unknown.removeAll(classes());
    assertEquals(Set.of(), unknown, "no classes of a file of their own, but named in " + page);
  }

  private static Set<String> classes() throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path module : modules()) {
      try (Stream<Path> files = Files.walk(module.resolve("src"))) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith(".java"))
            .forEach(name -> names.add(name.substring(0, name.length() - ".java".length())));
      }
    }
    return names;
  }

  private static List<Path> modules() throws IOException {
    try (Stream<Path> folders = Files.list(HOME)) {
      return folders.filter(folder -> Files.isDirectory(folder.resolve("src"))).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void anchorsLeadToHeadings(Path page) throws IOException {
    Path folder = HOME.resolve(page).getParent();
    List<String> broken = new ArrayList<>();
    for (MatchResult link : ANCHOR.matcher(read(page)).results().toList()) {
      Path target = link.group(1).isEmpty() ? HOME.resolve(page) : folder.resolve(link.group(1));
      if (!anchors(target).contains(link.group(2))) {
        broken.add(link.group());
      }
    }
    assertEquals(List.of(), broken);
  }

  /// Of each heading the name by which GitHub links to it.
  private static Set<String> anchors(Path document) throws IOException {
    return HEADING
        .matcher(Files.readString(document))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void commandsExist(Path document) throws IOException {
    Set<String> unknown =
        read(document)
            .lines()
            .flatMap(line -> COMMAND_USE.matcher(line).results())
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    unknown.removeAll(HelpTextTest.commandNames());
    unknown.remove("help");
    assertEquals(Set.of(), unknown, "no commands, but named in " + document);
  }

  @Test
  void readmeListsTheCommandsOfTheHelp() throws IOException {
    List<String> listed =
        COMMAND_ROW.matcher(read(Path.of("README.md"))).results().map(m -> m.group(1)).toList();
    List<String> helped = Commands.names();
    assertEquals(helped, listed, "commands in README.md, in the order of the help");
  }

  @Test
  void readmeListsTheExitCodes() throws IOException {
    String readme = read(Path.of("README.md"));
    List<String> rows =
        Pattern.compile("(?m)^\\| (\\d+) \\| (.*) \\|$")
            .matcher(readme)
            .results()
            .map((MatchResult row) -> row.group(1) + " " + row.group(2))
            .toList();
    assertEquals(
        Stream.of(ExitCode.values()).map(c -> c.number() + " " + c.meaning()).toList(), rows);
  }

  @Test
  void readmeListsTheDocuments() throws IOException {
    String readme = read(Path.of("README.md"));
    try (Stream<Path> files = Files.list(HOME.resolve("docs"))) {
      List<String> missing =
          files
              .map(file -> "docs/" + file.getFileName())
              .filter(name -> !readme.contains("| [" + name + "](" + name + ") |"))
              .toList();
      assertEquals(List.of(), missing);
    }
  }

  @Test
  void readmeIsShortAndNamesTheTestCommand() throws IOException {
    String readme = read(Path.of("README.md"));
    assertTrue(readme.lines().count() <= 200, readme.lines().count() + " lines");
    assertTrue(readme.contains("\n./zonda demo\n"));
    assertTrue(readme.contains("\nmvn -B verify\n"));
    assertTrue(read(Path.of(".ci/run")).contains("\nmvn -B verify "));
  }

  @Test
  void readmeCountsTheFileTypes() throws IOException {
    String count = "all %d of llama-quantize".formatted(FileType.values().length - 1);
    assertTrue(FileType.COPY.id() < 0, "COPY is no type of its own");
    assertTrue(read(Path.of("README.md")).contains(count), "README.md does not say " + count);
  }

  /// The families that the first column of a table names, the next one after some words.
  private static Set<String> familiesOfTable(String start) throws IOException {
    String page = read(Path.of("docs/families.md"));
    List<String> names =
        Families.all().stream()
            .map(Family::name)
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
    return page.substring(page.indexOf(start))
        .lines()
        .dropWhile(line -> !line.startsWith("| family |"))
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .flatMap(row -> Stream.of(row.split("\\|", -1)[1].strip().split(", ", -1)))
        .flatMap(said -> names.stream().filter(said::startsWith).limit(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// Of Mistral 4 and PLaMo 3 there is no model in its published size.
  @Test
  void familiesHaveRowsOfWhatWasTried() throws IOException {
    assertEquals(
        Set.of(),
        familiesMissingIn("## What was tried"),
        "families without a row in docs/families.md, What was tried");
    assertEquals(
        Set.of("Mistral 4", "Nanbeige", "DeciLM", "PLaMo 3", "Granite SWA", "Granite MoE SWA"),
        familiesMissingIn("Models in their published sizes"),
        "families without a row in docs/families.md, models in their published sizes");
  }

  private static Set<String> familiesMissingIn(String start) throws IOException {
    Set<String> all =
        Families.all().stream().map(Family::name).collect(Collectors.toCollection(TreeSet::new));
    all.removeAll(familiesOfTable(start));
    return all;
  }

  /// All commands have `--json`: what each prints has a section of its own, or one with others.
  @Test
  void theJsonOfEveryCommandIsDescribed() throws IOException {
    String page = read(Path.of("docs/cli.md"));
    Set<String> described =
        Pattern.compile("(?m)^### ([a-z, ]+)$")
            .matcher(page.substring(page.indexOf("\n## JSON\n")))
            .results()
            .flatMap(heading -> Stream.of(heading.group(1).split(", ", -1)))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(
        new TreeSet<>(Commands.names()), described, "commands with a heading in docs/cli.md, JSON");
  }

  /// The two commands whose options have a table of their own in docs/cli.md.
  @ParameterizedTest
  @ValueSource(strings = {"quantize", "convert"})
  void optionsOfTheQuantizingCommandsAreDescribed(String command) throws IOException {
    String page = read(Path.of("docs/cli.md"));
    Set<String> missing =
        CommandsTest.spec(command).options().stream()
            .filter(option -> Stream.of(option.names()).noneMatch(name -> names(page, name)))
            .map(OptionSpec::longestName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), missing, "options of " + command + " that docs/cli.md does not mention");
  }

  private static boolean names(String page, String option) {
    return Pattern.compile("[` ]" + option + "\\b").matcher(page).find();
  }

  @Test
  void familiesAreListed() throws IOException {
    List<String> rows = read(Path.of("docs/families.md")).lines().toList();
    for (Family family : Families.all()) {
      List<String> own =
          rows.stream().filter(row -> row.startsWith("| " + family.name() + " |")).toList();
      assertFalse(own.isEmpty(), "docs/families.md has no row for " + family.name());
      // Classes without an output matrix are among the spellings.
      for (String name :
          Families.classes(family).stream().filter(c -> !c.endsWith("Model")).toList()) {
        assertTrue(
            own.stream().anyMatch(row -> row.contains("`" + name + "`")),
            "docs/families.md does not name " + name + " in the row of " + family.name());
      }
    }
    Set<String> taken =
        Families.all().stream()
            .flatMap(family -> Families.classes(family).stream())
            .collect(Collectors.toSet());
    List<String> registered = Files.readAllLines(TestData.path("classes/reference.txt"));
    String count =
        "%d by now, of %d of the %d classes"
            .formatted(
                Families.all().size(),
                registered.stream().filter(taken::contains).count(),
                registered.size());
    String page = read(Path.of("README.md")).replaceAll("\\s+", " ");
    assertTrue(page.contains(count), "README.md does not say " + count);
  }
}
