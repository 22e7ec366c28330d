package dev.zonda.cli.reports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.quantize.FileType;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClosenessTest {
  private static final Path HOME = TestData.path("models").getParent().getParent();

  /// The page for beginners has the limits that `compare` goes by.
  @Test
  void limitsOfVerdictsAreDocumented() throws IOException {
    String page = Files.readString(HOME.resolve("docs/accuracy.md"));
    List<String> usual =
        Pattern.compile(
                "(?m)^\\| ([\\d.]+) \\| ([A-Z0-9_, ]+) \\| ([\\d.]+) \\| `kld.mean<([\\d.]+)` \\|$")
            .matcher(page)
            .results()
            .peek(row -> assertEquals(row.group(3), row.group(4)))
            .map(row -> Double.valueOf(row.group(1)) + " " + Double.valueOf(row.group(3)))
            .toList();
    assertEquals(
        UsualDivergence.rows().stream().map(row -> row.bits() + " " + row.most()).toList(), usual);
    for (Closeness closeness : Closeness.values()) {
      String below =
          Double.isInfinite(closeness.below()) ? "above" : Double.toString(closeness.below());
      assertTrue(page.contains("| %s | %s |".formatted(below, closeness.words())), below);
    }
    Set<String> types =
        Pattern.compile("(?m)^\\| [\\d.]+ \\| ([A-Z0-9_, ]+) \\| [\\d.]+ \\| `kld")
            .matcher(page)
            .results()
            .flatMap(row -> Stream.of(row.group(1).split(", ")))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> missing =
        Stream.of(FileType.values())
            .map(FileType::name)
            .collect(Collectors.toCollection(TreeSet::new));
    missing.removeAll(types);
    missing.remove("COPY");
    assertEquals(Set.of(), missing);
  }
}
