package dev.zonda.cli;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Which packages refer to which, and through which classes, as their constant pools tell: in code,
/// in signatures or in annotations. Only constants that the compiler has copied leave no trace.
///
/// @param arrows pairs of classes as text, by the package that refers and the one referred to
record PackageGraph(SortedMap<String, SortedMap<String, SortedSet<String>>> arrows) {
  private static final Pattern CLASS = Pattern.compile("dev/zonda/[\\w/$]+");
  private static final int MOST_SHOWN = 6;

  /// Classes that are not among these count nothing.
  static PackageGraph of(List<ClassModel> classes) {
    Set<String> known = classes.stream().map(PackageGraph::name).collect(toSet());
    PackageGraph graph = new PackageGraph(new TreeMap<>());
    for (ClassModel from : classes) {
      for (PoolEntry entry : from.constantPool()) {
        if (entry instanceof Utf8Entry text) {
          CLASS
              .matcher(text.stringValue())
              .results()
              .map(MatchResult::group)
              .filter(known::contains)
              .forEach(to -> graph.add(name(from), to));
        }
      }
    }
    return graph;
  }

  static String name(ClassModel model) {
    return model.thisClass().asInternalName();
  }

  static String packageOf(String name) {
    return name.substring(0, name.lastIndexOf('/')).replace('/', '.');
  }

  private static String simple(String name) {
    return name.substring(name.lastIndexOf('/') + 1).replaceFirst("\\$.*", "");
  }

  private void add(String from, String to) {
    if (!packageOf(from).equals(packageOf(to))) {
      arrows
          .computeIfAbsent(packageOf(from), start -> new TreeMap<>())
          .computeIfAbsent(packageOf(to), end -> new TreeSet<>())
          .add(simple(from) + " -> " + simple(to));
    }
  }

  /// An arrow for people, with the classes that make it.
  String words(String from, String to) {
    SortedSet<String> pairs = arrows.get(from).get(to);
    String shown = pairs.stream().limit(MOST_SHOWN).collect(joining(", "));
    String more =
        pairs.size() > MOST_SHOWN ? " and %d more".formatted(pairs.size() - MOST_SHOWN) : "";
    return "%s -> %s (%s%s)".formatted(from, to, shown, more);
  }

  /// The arrows of a shortest cycle; none, if there is no cycle.
  List<String> cycle() {
    return arrows.keySet().stream()
        .map(this::cycleThrough)
        .filter(cycle -> !cycle.isEmpty())
        .min(Comparator.comparingInt(List::size))
        .orElse(List.of());
  }

  private List<String> cycleThrough(String start) {
    Map<String, String> cameFrom = new HashMap<>();
    Deque<String> reached = new ArrayDeque<>(List.of(start));
    while (!reached.isEmpty()) {
      String from = reached.remove();
      for (String to : arrows.getOrDefault(from, new TreeMap<>()).keySet()) {
        if (cameFrom.putIfAbsent(to, from) == null) {
          reached.add(to);
        }
      }
    }
    if (!cameFrom.containsKey(start)) {
      return List.of();
    }
    Deque<String> cycle = new ArrayDeque<>();
    String to = start;
    do {
      String from = cameFrom.get(to);
      cycle.addFirst(words(from, to));
      to = from;
    } while (!to.equals(start));
    return List.copyOf(cycle);
  }
}
