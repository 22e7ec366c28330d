package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Holds the compiled program to the order of its packages.
class PackagesTest {
  private static final Path HOME = TestData.path("models").getParent().getParent();
  private static final Pattern MODULE = Pattern.compile("<module>(\\w+)</module>");

  /// The modules that each may refer to: those that docs/architecture.md draws to its left.
  private static final Map<String, Set<String>> LEFT_OF =
      Map.of(
          "testdata", Set.of(),
          "formats", Set.of(),
          "quantize", Set.of("formats"),
          "convert", Set.of("formats", "quantize"),
          "inspect", Set.of("formats", "quantize"),
          "verify", Set.of("formats", "quantize"),
          "cli", Set.of("formats", "quantize", "convert", "inspect", "verify"));

  /// One package that no other module uses; compiled after this module's tests have run.
  private static final String BENCHMARKS = "benchmarks";

  private static final List<ClassModel> CLASSES = new ArrayList<>();

  @BeforeAll
  static void readClasses() throws IOException {
    for (String module : LEFT_OF.keySet()) {
      Path root = HOME.resolve(module, "target", "classes");
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          ClassModel model = ClassFile.of().parse(file);
          CLASSES.add(model);
          assertEquals(
              module,
              module(PackageGraph.packageOf(PackageGraph.name(model))),
              () -> file + " is in a package of another module");
        }
      }
    }
  }

  /// The third part of a package's name.
  private static String module(String packageName) {
    return packageName.split("\\.", -1)[2];
  }

  @Test
  void allModulesHaveTheirPlace() throws IOException {
    Set<String> placed = new TreeSet<>(LEFT_OF.keySet());
    placed.add(BENCHMARKS);
    Set<String> built =
        MODULE
            .matcher(Files.readString(HOME.resolve("pom.xml")))
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(built, placed);
  }

  @Test
  void packagesFormNoCycle() {
    PackageGraph graph = PackageGraph.of(CLASSES);
    assertTrue(graph.arrows().containsKey("dev.zonda.cli"));
    List<String> cycle = graph.cycle();
    assertTrue(cycle.isEmpty(), () -> "packages form a cycle:\n  " + String.join("\n  ", cycle));
  }

  @Test
  void modulesReferToTheLeftOnly() {
    PackageGraph graph = PackageGraph.of(CLASSES);
    List<String> wrong = new ArrayList<>();
    graph
        .arrows()
        .forEach((from, ends) -> {
          for (String to : ends.keySet()) {
            if (!module(from).equals(module(to))
                && !LEFT_OF.get(module(from)).contains(module(to))) {
              wrong.add(graph.words(from, to));
            }
          }
        });
    assertEquals(List.of(), wrong);
  }

  @Test
  void shortestCycleIsNamedByItsClasses() {
    PackageGraph graph =
        PackageGraph.of(
            List.of(
                classOf("dev.zonda.a.One", "dev.zonda.b.Two"),
                classOf("dev.zonda.b.Two$Inner", "dev.zonda.c.Three"),
                classOf("dev.zonda.b.Two", "dev.zonda.d.Four"),
                classOf("dev.zonda.c.Three", "dev.zonda.a.One"),
                classOf("dev.zonda.d.Four", "dev.zonda.b.Unknown"),
                classOf("dev.zonda.c.Leaf", "dev.zonda.d.Four")));
    assertEquals(
        List.of(
            "dev.zonda.a -> dev.zonda.b (One -> Two)",
            "dev.zonda.b -> dev.zonda.c (Two -> Three)",
            "dev.zonda.c -> dev.zonda.a (Three -> One)"),
        graph.cycle());
  }

  /// A class with a field of another: a name in a descriptor alone, which nothing loads.
  private static ClassModel classOf(String name, String field) {
    ClassFile format = ClassFile.of();
    return format.parse(
        format.build(ClassDesc.of(name), made -> made.withField("field", ClassDesc.of(field), 0)));
  }
}
