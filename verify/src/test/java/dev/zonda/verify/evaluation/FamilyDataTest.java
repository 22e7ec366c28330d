package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.KnownTensors;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every family has data of the reference and of transformers: what has none is compared with
/// nothing.
class FamilyDataTest {
  /// The reference has no converter for it.
  private static final String OWN = "gptneo";

  static List<Family> families() {
    return Families.all();
  }

  @ParameterizedTest
  @MethodSource("families")
  void hasATinyCheckpointWithHashesAndLogits(Family family) throws IOException {
    List<String> folders = folders(family);
    assertFalse(folders.isEmpty(), "no folder in testdata/families is a " + family.name());
    assertTrue(
        family.architecture().equals(OWN) || folders.stream().anyMatch(hashes()::contains),
        () -> "none of %s is in testdata/families/reference.json".formatted(folders));
    assertTrue(
        folders.stream().anyMatch(logits()::contains),
        () -> "none of %s is in testdata/families/logits".formatted(folders));
  }

  /// Without an entry every tensor would be written, whether llama.cpp loads the file or not.
  @ParameterizedTest
  @MethodSource("families")
  void itsTensorsAreThoseThatLlamaCppLoads(Family family) {
    assertTrue(
        family.architecture().equals(OWN) || KnownTensors.hasArchitecture(family.architecture()),
        () -> "KnownTensors has no tensors of '%s'".formatted(family.architecture()));
  }

  @ParameterizedTest
  @MethodSource("families")
  void isDrawnAtRandom(Family family) throws IOException {
    try (Stream<Path> files = Files.list(TestData.path("differential/cases"))) {
      boolean isThere = false;
      for (Path file : files.toList()) {
        String line = DifferentialTest.lines(file).getFirst();
        JsonNode config = JsonMapper.shared().readTree(line).path("config");
        isThere |= is(family, Path.of("config.json"), config);
      }
      assertTrue(isThere, "no case in testdata/differential is a " + family.name());
    }
  }

  /// Names of its folders.
  private static List<String> folders(Family family) throws IOException {
    try (Stream<Path> all = Files.list(TestData.path("families"))) {
      List<Path> configured =
          all.map(folder -> folder.resolve("config.json")).filter(Files::exists).sorted().toList();
      Stream.Builder<String> names = Stream.builder();
      for (Path config : configured) {
        if (is(family, config, JsonMapper.shared().readTree(config.toFile()))) {
          names.add(config.getParent().getFileName().toString());
        }
      }
      return names.build().toList();
    }
  }

  private static boolean is(Family family, Path file, JsonNode config) throws IOException {
    return Families.of(JsonFields.of(file, config)).equals(family);
  }

  private static Set<String> hashes() {
    return JsonMapper.shared()
        .readTree(TestData.path("families/reference.json").toFile())
        .propertyNames()
        .stream()
        .collect(Collectors.toSet());
  }

  private static Set<String> logits() {
    try {
      return FamilyLogitsTest.families().collect(Collectors.toSet());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
