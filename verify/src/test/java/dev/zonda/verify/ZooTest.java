package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.Models;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Models that are too many for the repository: `-Dzonda.zoo=FOLDER` names one with `MODEL/hf`
/// checkpoints and `MODEL/golden.safetensors`, transformers' logits. Leaves a table in
/// `target/zoo.md`.
@EnabledIfSystemProperty(named = "zonda.zoo", matches = ".+")
class ZooTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir private Path temp;

  static Stream<Path> models() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of(System.getProperty("zonda.zoo")))) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("golden.safetensors")))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void logitsAreTransformers(Path folder) throws IOException {
    Path file = temp.resolve("model.gguf");
    ConversionOptions f32 = new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
    GoldenLogits fromFolder;
    String architecture;
    try (GgufModel model = Conversion.open(folder.resolve("hf"), f32)) {
      QuantizedCopies.copy(model, file);
    }
    try (GgufModel model = Models.open(folder.resolve("hf"))) {
      fromFolder = compare(model, folder);
      architecture = model.metadata().text("general.architecture").orElseThrow();
    }
    try (GgufModel model = GgufFile.open(file)) {
      assertEquals(fromFolder, compare(model, folder));
    }
    Files.writeString(
        Path.of("target/zoo.md"),
        String.format(
            Locale.ROOT,
            "| %s | `%s` | %.1e | %.1e |%n",
            folder.getFileName(),
            architecture,
            fromFolder.maxAbsDiff(),
            fromFolder.meanAbsDiff()),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    assertTrue(fromFolder.maxAbsDiff() < TOLERANCE, fromFolder::toString);
    assertEquals(1, fromFolder.argmaxAgreement());
  }

  private static GoldenLogits compare(GgufModel model, Path folder) throws IOException {
    try (Engine engine = Engine.of(2);
        Checkpoint golden = Checkpoints.open(folder.resolve("golden.safetensors"))) {
      return Measurements.golden(model, golden, engine);
    }
  }
}
