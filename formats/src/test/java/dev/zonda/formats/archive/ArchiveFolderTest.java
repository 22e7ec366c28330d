package dev.zonda.formats.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Hostile;
import dev.zonda.formats.Mutations;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchiveFolderTest {
  private static final Path MODEL = TestData.path("zoo/llama2/hf");

  @TempDir Path temporary;

  @ParameterizedTest
  @CsvSource({"tar,''", "tar,hf/", "tar,./hf/", "zip,''", "zip,models/hf/"})
  void folderIsReadInPlace(String form, String prefix) throws IOException {
    Path archive = pack(form, prefix);
    assertTrue(CheckpointFolder.isAt(archive));
    try (CheckpointFolder packed = CheckpointFolder.open(archive);
        CheckpointFolder folder = CheckpointFolder.open(MODEL)) {
      assertEquals(prefix.isEmpty() ? "model" : "hf", packed.name());
      assertEquals(folder.list(""), packed.list(""));
      assertEquals(folder.json("config.json"), packed.json("config.json"));
      assertFalse(packed.has("missing.json"));
      assertEquals(names(folder), names(packed));
      for (TensorInfo tensor : folder.weights().tensors()) {
        TensorInfo same = packed.weights().find(tensor.name()).orElseThrow();
        assertArrayEquals(
            folder.weights().data(tensor).toArray(ValueLayout.JAVA_BYTE),
            packed.weights().data(same).toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  @Test
  void otherFilesAreNoArchives() throws IOException {
    assertFalse(CheckpointFolder.isAt(MODEL.resolve("config.json")));
    assertFalse(CheckpointFolder.isAt(TestData.path("golden/torch/zip.pt")));
    assertFalse(CheckpointFolder.isAt(temporary.resolve("missing")));
    assertRefused("is neither a folder nor an archive", MODEL.resolve("config.json"));
  }

  @Test
  void compressedFilesAreRefused() throws IOException {
    Path zip = temporary.resolve("model.zip");
    Archives.zip(MODEL, "", ZipArchiveEntry.DEFLATED, zip);
    assertRefused("is compressed, expected stored as it is", zip);
  }

  @ParameterizedTest
  @CsvSource({
    "../config.json",
    "a/../../config.json",
    "a//config.json",
    "/etc/config.json",
    "a\\config.json",
    "a/./config.json"
  })
  void namesThatLeadOutAreRefused(String name) throws IOException {
    assertRefused(
        "'" + name + "' is no path within the archive",
        Archives.tarOf(List.of(name), temporary.resolve("model.tar")));
  }

  @Test
  void whatIsNoModelIsRefused() throws IOException {
    Path tar = temporary.resolve("model.tar");
    assertRefused("holds no config.json", Archives.tarOf(List.of("a.txt"), tar));
    assertRefused(
        "holds two files 'config.json'",
        Archives.tarOf(List.of("config.json", "./config.json"), tar));
    assertRefused(
        "more than one model, in 'a/' and in 'b/'",
        Archives.tarOf(List.of("a/config.json", "b/config.json"), tar));
    assertRefused("holds no weights", Archives.tarOf(List.of("config.json"), tar));
    assertRefused("is a link", Archives.tarOfLink("config.json", "/etc/passwd", tar));
  }

  @Test
  void truncatedArchivesAreRefused() throws IOException {
    for (String form : List.of("tar", "zip")) {
      byte[] whole = Files.readAllBytes(pack(form, ""));
      // Zeros, which end a tar archive, may be missing.
      for (int length = 0; length < whole.length - 20_000; length += 20_011) {
        Optional<FormatException> fault = open(Arrays.copyOf(whole, length));
        assertTrue(fault.isPresent(), form + " of " + length + " bytes");
      }
    }
  }

  @Test
  void damagedArchivesAreReadOrRefused() throws IOException {
    Path small = Files.createDirectory(temporary.resolve("small"));
    Files.writeString(small.resolve("config.json"), "{}");
    Files.copy(TestData.path("golden/torch/float8.pt"), small.resolve("pytorch_model.bin"));
    Path tar = Archives.tar(small, "m/", temporary.resolve("small.tar"));
    Path zip = temporary.resolve("small.zip");
    Archives.zip(small, "m/", ZipArchiveEntry.STORED, zip);
    int accepted = 0;
    for (Path archive : List.of(tar, zip)) {
      byte[] whole = Files.readAllBytes(archive);
      for (int seed = 0; seed < 500; seed++) {
        accepted += open(new Mutations(seed).damage(whole)).isPresent() ? 0 : 1;
      }
    }
    assertTrue(accepted > 20 && accepted < 980, accepted + " accepted");
  }

  private Path pack(String form, String prefix) throws IOException {
    Path target = temporary.resolve("model." + form);
    return form.equals("tar")
        ? Archives.tar(MODEL, prefix, target)
        : Archives.zip(MODEL, prefix, ZipArchiveEntry.STORED, target);
  }

  private void assertRefused(String expected, Path path) throws IOException {
    String message =
        Hostile.open(path, Files.size(path), ArchiveFolderTest::readWhole)
            .map(Exception::getMessage)
            .orElse("was accepted");
    assertTrue(message.contains(expected), message);
  }

  private Optional<FormatException> open(byte[] bytes) throws IOException {
    Path path = Files.write(temporary.resolve("damaged"), bytes);
    return Hostile.open(path, bytes.length, ArchiveFolderTest::readWhole);
  }

  private static void readWhole(Path path) throws IOException {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      for (TensorInfo tensor : folder.weights().tensors()) {
        folder.weights().data(tensor).toArray(ValueLayout.JAVA_BYTE);
      }
    }
  }

  private static String names(CheckpointFolder folder) {
    return Stream.of(folder.weights())
        .flatMap(weights -> weights.tensors().stream())
        .map(TensorInfo::name)
        .collect(Collectors.joining(","));
  }
}
