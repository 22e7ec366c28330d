package dev.zonda.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The words of a command line in the order in which the commands expect them.
///
/// Options that every command has may come before the command, as in `zonda --quiet convert`; and
/// `zonda help convert` means `zonda convert --help`.
final class Words {
  private static final Set<String> FLAGS = Set.of("--json", "--verbose", "-v", "--quiet", "-q");
  private static final String PROGRESS = "--progress";
  private static final Set<String> HELP = Set.of("help", "--help", "-h");

  private Words() {}

  static List<String> arranged(String... arguments) {
    List<String> words = List.of(arguments);
    int first = 0;
    while (first < words.size() && isOfAll(words.get(first))) {
      first += words.get(first).equals(PROGRESS) ? 2 : 1;
    }
    first = Math.min(first, words.size());
    List<String> options = words.subList(0, first);
    List<String> rest = words.subList(first, words.size());
    if (rest.isEmpty()) {
      // Without a command, the options are all there is.
      return options;
    }
    List<String> arranged = new ArrayList<>();
    if (HELP.contains(rest.getFirst())) {
      boolean isOfCommand = rest.size() > 1 && !rest.get(1).startsWith("-");
      if (isOfCommand) {
        arranged.add(rest.get(1));
      }
      arranged.add("--help");
      return arranged;
    }
    arranged.add(rest.getFirst());
    arranged.addAll(options);
    arranged.addAll(rest.subList(1, rest.size()));
    return arranged;
  }

  private static boolean isOfAll(String word) {
    return FLAGS.contains(word) || word.equals(PROGRESS) || word.startsWith(PROGRESS + "=");
  }
}
