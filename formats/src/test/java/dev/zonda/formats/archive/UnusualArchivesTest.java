package dev.zonda.formats.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.InputFile;
import dev.zonda.testdata.Archives;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Archives that few tools write, or none, and windows far smaller than the files.
class UnusualArchivesTest {
  private static final Path MODEL = TestData.path("zoo/llama2/hf");

  private static final byte[] CONFIG = "{\"a\": 1}".getBytes(StandardCharsets.UTF_8);

  private static final byte[] OTHER = "other".getBytes(StandardCharsets.UTF_8);

  /// Nothing is kept, and the window holds a few thousand bytes.
  private static final ArchiveFolder.Limits SMALL = new ArchiveFolder.Limits(0, 512, 12);

  /// Those that are decoded.
  static final List<String> COMPRESSED = List.of("tar.gz", "tar.zst", "deflated.zip", "zstd.zip");

  @TempDir private Path temporary;

  @ParameterizedTest
  @FieldSource("COMPRESSED")
  void anyOrderIsReadThroughASmallWindow(String form) throws IOException {
    Path archive = Archives.pack(MODEL, form, "m/", temporary.resolve("model"));
    Random random = new Random(7);
    try (ArchiveFolder folder = ArchiveFolder.open(archive, SMALL).orElseThrow()) {
      for (int i = 0; i < 60; i++) {
        String name = folder.list("").get(random.nextInt(folder.list("").size()));
        byte[] whole = Files.readAllBytes(MODEL.resolve(name));
        int from = random.nextInt(whole.length);
        int length = random.nextInt(Math.min(20_000, whole.length - from) + 1);
        try (InputFile file = folder.open(name).orElseThrow()) {
          assertEquals(whole.length, file.size());
          assertArrayEquals(
              Arrays.copyOfRange(whole, from, from + length), file.copy(from, length));
        }
      }
    }
  }

  /// Blocks of one repeated byte: 128 KiB from 4 bytes, hours of reading from a few megabytes.
  @Test
  void zerosThatGrowWithoutEndAreRefused() throws IOException {
    Path archive = temporary.resolve("model.tar.zst");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new ZstdOutputStream(Files.newOutputStream(archive), 1))) {
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
      TarArchiveEntry weights = new TarArchiveEntry("m/model.safetensors");
      weights.setSize(300 << 20);
      tar.putArchiveEntry(weights);
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 300; i++) {
        tar.write(zeros);
      }
      tar.closeArchiveEntry();
    }
    FormatException e =
        assertThrows(FormatException.class, () -> ArchiveFolder.open(archive).orElseThrow());
    assertTrue(e.getMessage().contains("which weights never do"), e.getMessage());
  }

  @ParameterizedTest
  @EnumSource(names = {"STORED", "DEFLATED"})
  void zip64IsRead(ZipMethod method) throws IOException {
    Path archive = temporary.resolve("model.zip");
    Archives.zip(MODEL, "m/", method, Zip64Mode.Always, archive);
    try (ArchiveFolder folder = ArchiveFolder.open(archive).orElseThrow()) {
      for (String name : folder.list("")) {
        assertArrayEquals(Files.readAllBytes(MODEL.resolve(name)), content(folder, name));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.tar", "model.tar.gz"})
  void theSizeOfAnExtendedHeaderCounts(String name) throws IOException {
    Map<String, String> size = Map.of("size", Integer.toString(CONFIG.length));
    // What tar writes for more than 8 GB, and other sizes that nobody should believe.
    for (long own : new long[] {0, 3, 100_000}) {
      Path archive = write(name, Archives.tarOfPax(size, own, files()));
      try (ArchiveFolder folder = ArchiveFolder.open(archive).orElseThrow()) {
        assertEquals(List.of("config.json", "other.txt"), folder.list(""));
        assertArrayEquals(CONFIG, content(folder, "config.json"));
        assertArrayEquals(OTHER, content(folder, "other.txt"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "size, -1, is a broken tar archive",
    "size, many, is a broken tar archive",
    "size, 9223372036854775807, is ",
    "size, 100000, is ",
    "path, ../config.json, '../config.json' is not a path within the archive",
    "SCHILY.filetype, sparse, 'config.json' is a link, a device or a sparse file"
  })
  void extendedHeadersThatLieAreRefused(String key, String value, String expected)
      throws IOException {
    byte[] tar = Archives.tarOfPax(Map.of(key, value), CONFIG.length, files());
    assertRefused(expected, write("model.tar", tar));
    assertRefused(expected, write("model.tar.gz", tar));
  }

  @Test
  void namesWithAZeroByteAreRefused() throws IOException {
    byte[] tar = Archives.tarOfPax(Map.of("path", "config.json\0.txt"), CONFIG.length, files());
    assertRefused("is not a path within the archive", write("model.tar", tar));
  }

  @Test
  void sparseFilesAreRefused() throws IOException {
    String expected = "'config.json' is a link, a device or a sparse file";
    byte[] old = Archives.tarOfSpecial("config.json", TarConstants.LF_GNUTYPE_SPARSE, "");
    assertRefused(expected, write("model.tar", old));
    Map<String, String> first = new LinkedHashMap<>();
    first.put("GNU.sparse.size", "100000");
    first.put("GNU.sparse.numblocks", "1");
    first.put("GNU.sparse.offset", "0");
    first.put("GNU.sparse.numbytes", Integer.toString(CONFIG.length));
    assertRefused(expected, write("model.tar", Archives.tarOfPax(first, CONFIG.length, files())));
    Map<String, String> second = new LinkedHashMap<>();
    second.put("GNU.sparse.major", "1");
    second.put("GNU.sparse.minor", "0");
    second.put("GNU.sparse.name", "config.json");
    second.put("GNU.sparse.realsize", "100000");
    SequencedMap<String, byte[]> mapped = new LinkedHashMap<>();
    mapped.put(
        "GNUSparseFile.0/config.json",
        Arrays.copyOf("1\n0\n9\n".getBytes(StandardCharsets.US_ASCII), 1024));
    assertRefused(expected, write("model.tar", Archives.tarOfPax(second, 1024, mapped)));
  }

  private static SequencedMap<String, byte[]> files() {
    SequencedMap<String, byte[]> files = new LinkedHashMap<>();
    files.put("config.json", CONFIG);
    files.put("other.txt", OTHER);
    return files;
  }

  private static byte[] content(ArchiveFolder folder, String name) throws IOException {
    try (InputFile file = folder.open(name).orElseThrow()) {
      return file.copy(0, file.size());
    }
  }

  private Path write(String name, byte[] content) throws IOException {
    Path path = temporary.resolve(name);
    try (OutputStream out = Archives.compressing(path)) {
      out.write(content);
    }
    return path;
  }

  private static void assertRefused(String expected, Path path) {
    String message =
        assertThrows(FormatException.class, () -> ArchiveFolder.open(path)).getMessage();
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }
}
