package dev.zonda.formats.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Hostile;
import dev.zonda.formats.Mutations;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.testdata.Archives;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveFolderTest {
  private static final Path MODEL = TestData.path("zoo/llama2/hf");

  /// Megabytes of weights.
  private static final Path LARGER_MODEL = TestData.shakespeareMistral();

  @TempDir Path temporary;

  static Stream<Arguments> packed() {
    return Archives.forms().stream()
        .flatMap(form ->
            Stream.of("", "hf/", form.contains("tar") ? "./hf/" : "models/hf/")
                .map(prefix -> Arguments.of(form, prefix)));
  }

  @ParameterizedTest
  @MethodSource("packed")
  void folderIsReadAsIfUnpacked(String form, String prefix) throws IOException {
    Path model = prefix.isEmpty() ? LARGER_MODEL : MODEL;
    Path archive = Archives.pack(model, form, prefix, temporary.resolve("model"));
    assertTrue(CheckpointFolder.isAt(archive));
    try (CheckpointFolder packed = CheckpointFolder.open(archive);
        CheckpointFolder folder = CheckpointFolder.open(model)) {
      String base = form.endsWith(".zip") ? "model." + form.replace(".zip", "") : "model";
      assertEquals(prefix.isEmpty() ? base : "hf", packed.name());
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
        "'" + name + "' is not a path within the archive",
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
    assertRefused("holds no weights", Archives.tarOf(List.of("params.json"), tar));
  }

  @ParameterizedTest
  @ValueSource(
      bytes = {
        TarConstants.LF_LINK,
        TarConstants.LF_SYMLINK,
        TarConstants.LF_CHR,
        TarConstants.LF_BLK,
        TarConstants.LF_FIFO,
        'Z'
      })
  void whatIsNoFileIsRefused(byte kind) throws IOException {
    byte[] tar = Archives.tarOfSpecial("config.json", kind, "/etc/passwd");
    assertRefused("'config.json' is a link, a device or", write("model.tar", tar));
    assertRefused("'config.json' is a link, a device or", write("model.tar.gz", tar));
  }

  @Test
  void truncatedArchivesAreRefused() throws IOException {
    for (String form : Archives.forms()) {
      byte[] whole = Files.readAllBytes(pack(form, ""));
      // Zeros, which end a tar archive, may be missing.
      int least = form.equals("tar") ? 20_000 : 1;
      for (int length = 0; length < whole.length - least; length += 20_011) {
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
    for (String form : Archives.forms()) {
      byte[] whole =
          Files.readAllBytes(Archives.pack(small, form, "m/", temporary.resolve("small")));
      int accepted = 0;
      for (int seed = 0; seed < 300; seed++) {
        accepted += open(new Mutations(seed).damage(whole)).isPresent() ? 0 : 1;
      }
      assertTrue(accepted < 290, form + ": " + accepted + " accepted");
    }
  }

  private Path pack(String form, String prefix) throws IOException {
    return Archives.pack(MODEL, form, prefix, temporary.resolve("model"));
  }

  private Path write(String name, byte[] content) throws IOException {
    Path path = temporary.resolve(name);
    try (OutputStream out = Archives.compressing(path)) {
      out.write(content);
    }
    return path;
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
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static String names(CheckpointFolder folder) {
    return Stream.of(folder.weights())
        .flatMap(weights -> weights.tensors().stream())
        .map(TensorInfo::name)
        .collect(Collectors.joining(","));
  }
}
