package dev.zonda.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine;

/// The commands by name, in the groups in which the help shows them.
///
/// Picocli reads a command's annotations when the command is created, which takes longer than
/// everything else at start-up. So only the commands that a command line needs are created.
final class Commands {
  private static final SequencedMap<String, List<String>> GROUPS = groupsOfNames();

  private Commands() {}

  private static SequencedMap<String, List<String>> groupsOfNames() {
    SequencedMap<String, List<String>> groups = new LinkedHashMap<>();
    groups.put("Try", List.of("demo"));
    groups.put("Make", List.of("convert", "quantize", "imatrix", "split", "merge"));
    groups.put("Look", List.of("inspect", "tokenize", "families"));
    groups.put("Check", List.of("perplexity", "compare", "logits"));
    return groups;
  }

  /// Command names by group, in the order in which the help shows them.
  static SequencedMap<String, List<String>> groups() {
    return GROUPS;
  }

  static List<String> names() {
    return GROUPS.values().stream().flatMap(List::stream).toList();
  }

  /// The commands that picocli must know to understand a command line: the one that it starts with,
  /// none for the version, all for the help or to suggest what was meant.
  static List<String> neededFor(String... args) {
    List<String> all = names();
    if (args.length == 0) {
      return all;
    }
    if (all.contains(args[0])) {
      return List.of(args[0]);
    }
    boolean onlyVersion = args.length == 1 && List.of("-V", "--version").contains(args[0]);
    return onlyVersion ? List.of() : all;
  }

  static void add(List<String> names, CommandLine main) {
    for (String name : names) {
      main.addSubcommand(name, create(name));
    }
  }

  private static ZondaCommand create(String name) {
    return switch (name) {
      case "demo" -> new DemoCommand();
      case "convert" -> new ConvertCommand();
      case "quantize" -> new QuantizeCommand();
      case "imatrix" -> new ImatrixCommand();
      case "split" -> new SplitCommand();
      case "merge" -> new MergeCommand();
      case "inspect" -> new InspectCommand();
      case "tokenize" -> new TokenizeCommand();
      case "families" -> new FamiliesCommand();
      case "perplexity" -> new PerplexityCommand();
      case "compare" -> new CompareCommand();
      case "logits" -> new LogitsCommand();
      default -> throw new IllegalArgumentException("no command is named " + name);
    };
  }
}
