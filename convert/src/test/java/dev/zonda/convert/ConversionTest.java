package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConversionTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @CsvSource({"f32", "f16", "bf16", "auto"})
  void writesTheReferencesBytes(String type) throws Exception {
    JsonNode reference = json("models/shakespeare-mistral.reference/reference.json");
    Path file = convert(TestData.shakespeareMistral(), type, Fidelity.CORRECTED);
    assertEquals(
        reference.path("convert").path(type).path("sha256").stringValue(),
        TestConversion.sha256(file));
  }

  @ParameterizedTest
  @CsvSource({
    "llama2, f16",
    "llama2, f32",
    "mistral, bf16",
    "mistral, f32",
    "mistral_swa, bf16",
    "mistral_swa, f32"
  })
  void writesTheReferencesBytesOfTheZoo(String model, String type) throws Exception {
    JsonNode reference = json("zoo/reference.json");
    Path file = convert(TestData.path("zoo/" + model + "/hf"), type, Fidelity.AS_REFERENCE);
    assertEquals(reference.path(model).path(type).stringValue(), TestConversion.sha256(file));
  }

  @ParameterizedTest
  @CsvSource({"llama2, F16", "mistral, BF16", "mistral_swa, BF16"})
  void autoIsTheCheckpointsOwnType(String model, OutputType type) throws Exception {
    Path folder = TestData.path("zoo/" + model + "/hf");
    assertEquals(
        TestConversion.sha256(convert(folder, type.name(), Fidelity.CORRECTED)),
        TestConversion.sha256(convert(folder, "auto", Fidelity.CORRECTED)));
  }

  /// Stored, as `zip -0` does.
  @Test
  void archiveOfAFolderGivesItsFile() throws Exception {
    Path folder = TestData.path("zoo/llama2/hf");
    Path archive = temp.resolve("llama2.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive));
        Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        byte[] content = Files.readAllBytes(file);
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry("hf/" + file.getFileName());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
      }
    }
    JsonNode reference = json("zoo/reference.json");
    assertEquals(
        reference.path("llama2").path("f16").stringValue(),
        TestConversion.sha256(convert(archive, "f16", Fidelity.AS_REFERENCE)));
  }

  @Test
  void keepsTheSlidingWindowAndSaysSo() throws IOException {
    try (Blueprint model = open("zoo/mistral_swa/hf", Fidelity.CORRECTED)) {
      assertEquals(OptionalLong.of(16), model.metadata().integer("llama.attention.sliding_window"));
      assertEquals(1, model.notes().size());
      assertTrue(model.notes().getFirst().contains("sliding window of 16"));
    }
    try (Blueprint model = open("zoo/mistral_swa/hf", Fidelity.AS_REFERENCE)) {
      assertEquals(
          OptionalLong.empty(), model.metadata().integer("llama.attention.sliding_window"));
      assertEquals(List.of(), model.notes());
    }
  }

  private static Blueprint open(String folder, Fidelity fidelity) throws IOException {
    return Conversion.open(TestData.path(folder), new ConversionOptions(OutputType.AUTO, fidelity));
  }

  private Path convert(Path folder, String type, Fidelity fidelity) throws IOException {
    OutputType output = OutputType.valueOf(type.toUpperCase(Locale.ROOT));
    Path file = temp.resolve(folder.getParent().getFileName() + "-" + type + ".gguf");
    try (Blueprint model = Conversion.open(folder, new ConversionOptions(output, fidelity))) {
      TestConversion.write(model, file);
    }
    return file;
  }

  private static JsonNode json(String file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(TestData.path(file)));
  }
}
