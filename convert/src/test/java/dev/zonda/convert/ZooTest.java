package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.config.Fidelity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Folders that are too many for the repository: `-Dzonda.zoo=FOLDER` names one with `MODEL/hf`
/// checkpoints and `reference.sha256`, whose lines are `HASH MODEL/ref-TYPE.gguf`.
@EnabledIfSystemProperty(named = "zonda.zoo", matches = ".+")
class ZooTest {
  @TempDir private Path temp;

  static Stream<Arguments> references() throws IOException {
    Path zoo = Path.of(System.getProperty("zonda.zoo"));
    return Files.readAllLines(zoo.resolve("reference.sha256")).stream()
        .map(line -> line.strip().split(" +", 2))
        .map(fields -> Arguments.of(zoo.resolve(fields[1]), fields[0]));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("references")
  void hasTheReferencesBytes(Path reference, String sha256) throws Exception {
    String type = reference.getFileName().toString().replaceAll("ref-(.*)\\.gguf", "$1");
    ConversionOptions options =
        new ConversionOptions(
            OutputType.valueOf(type.toUpperCase(Locale.ROOT)), Fidelity.AS_REFERENCE);
    Path file = temp.resolve("out.gguf");
    try (Blueprint model = Conversion.open(reference.resolveSibling("hf"), options)) {
      TestConversion.write(model, file);
    }
    assertEquals(sha256, TestConversion.sha256(file));
  }
}
