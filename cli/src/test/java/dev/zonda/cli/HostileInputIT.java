package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.Archives;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The real command on files that were made to harm: exit code 3, one line, nothing executed,
/// nothing written, in a heap that is smaller than what they ask for.
class HostileInputIT {
  /// A call of this must leave a file behind.
  private static final String CALL = "touch executed";

  private static final int BOMB_BYTES = 400_000_000;

  @TempDir private Path folder;

  private Path model;

  @BeforeEach
  void copyAModel() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(TestData.path("zoo/llama2/hf"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a call (REDUCE)             | cposix~system~(X\u000e\0\0\0touch executedtR.  | 'posix.system'",
        "a call by names on the stack | \u008c\u0005posix\u008c\u0006system\u0093(X\u000e\0\0\0touch executedtR. | 'posix.system'",
        "an instance (INST)          | (X\u000e\0\0\0touch executediposix~system~. | INST",
        "an instance (OBJ)           | (cposix~system~X\u000e\0\0\0touch executedo. | 'posix.system'",
        "a constructor (NEWOBJ)      | cposix~system~X\u000e\0\0\0touch executed\u0085\u0081. | 'posix.system'",
        "a state (BUILD)             | ctorch.nn.modules~Module~)R}X\u0005\0\0\0hooksX\u000e\0\0\0touch executedsb. | 'torch.nn.modules.Module'",
        "a registered name (EXT1)    | \u0082\u0001)R. | EXT1",
        "a persistent name (PERSID)  | Pposix.system~. | PERSID",
      })
  void picklesThatAskForMoreAreRefused(String what, String opcodes, String expected)
      throws Exception {
    deleteWeights();
    String pickle = "\u0080\u0004" + opcodes.replace('~', '\n');
    writeTorch(pickle.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(model, expected);
    // The same within an archive, and within a compressed one.
    assertRefused(Archives.pack(model, "tar.gz", "m/", folder.resolve("packed")), expected);
  }

  @Test
  void nestedPicklesAreRefused() throws Exception {
    deleteWeights();
    writeTorch(("\u0080\u0004" + "](".repeat(4_000_000)).getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(model, "more than");
  }

  @ParameterizedTest
  @CsvSource({"tar", "tar.gz", "tar.zst"})
  void archivesThatLeadOutAreRefused(String form) throws Exception {
    Path archive = folder.resolve("model." + form);
    Archives.tarOf(List.of("m/config.json", "../../executed"), archive);
    assertRefused(archive, "'../../executed' is not a path within the archive");
  }

  @ParameterizedTest
  @CsvSource({
    "tar.gz, 'has 400000000 bytes, expected at most 16000000'",
    "tar.zst, which weights never do",
    "deflated.zip, 'has 400000000 bytes, expected at most 16000000'",
    "zstd.zip, 'has 400000000 bytes, expected at most 16000000'",
  })
  void filesThatSwellAreRefused(String form, String expected) throws Exception {
    fill(model.resolve("config.json"), ' ');
    assertRefused(Archives.pack(model, form, "m/", folder.resolve("packed")), expected);
  }

  /// A few bytes of text each, and ten times as many of memory.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "config.json | '\"s\",' | 4800000 | 'bytes, expected at most 16000000'",
        "config.json | '{\"\":{}},' | 700000 | 'exceeds a limit for such a file'",
        "tokenizer.json | '{\"\":{}},' | 700000 | 'x holds more values than are read'",
        "tokenizer_config.json | '[],' | 4000000 | 'exceeds a limit for such a file'",
      })
  void valuesThatSwellAreRefused(String file, String value, int count, String expected)
      throws Exception {
    String text =
        Files.exists(model.resolve(file)) ? Files.readString(model.resolve(file)) : "{\"a\": 1}";
    int end = text.lastIndexOf('}');
    Files.writeString(
        model.resolve(file), text.substring(0, end) + ", \"x\": [" + value.repeat(count) + "1]}");
    assertRefused(model, expected);
  }

  @Test
  void headersThatSwellAreRefused() throws Exception {
    Path archive = folder.resolve("model.tar.gz");
    try (OutputStream out = Archives.compressing(archive)) {
      byte[] header = Archives.tarOfSpecial("m/config.json", (byte) 'L', "");
      // A long name, whose size is in octal digits.
      byte[] size = "02000000000".getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(size, 0, header, 124, size.length);
      rechecked(header);
      out.write(header, 0, 512);
      byte[] name = "a".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < (1 << 12); i++) {
        out.write(name);
      }
    }
    assertRefused(archive, "more than 1048576 bytes of headers");
  }

  @Test
  void deepJsonIsRefused() throws Exception {
    Files.writeString(model.resolve("config.json"), "{\"a\":" + "[".repeat(10_000_000));
    assertRefused(Archives.pack(model, "tar.gz", "m/", folder.resolve("packed")), "nesting depth");
  }

  @Test
  void hugeWindowsAreRefused() throws Exception {
    Path zip = Archives.zip(model, "m/", ZipMethod.ZSTD, folder.resolve("model.zip"));
    byte[] bytes = Files.readAllBytes(zip);
    byte[] frame = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
    for (int i = 0; i + 6 < bytes.length; i++) {
      if (bytes[i] == frame[0] && bytes[i + 1] == frame[1] && bytes[i + 2] == frame[2]) {
        bytes[i + 4] = 0;
        bytes[i + 5] = (byte) ((31 - 10) << 3);
      }
    }
    Files.write(zip, bytes);
    assertRefused(zip, "a window of 2147483648 bytes");
  }

  private void deleteWeights() throws IOException {
    for (String name : RealCommand.names(model)) {
      if (name.contains(".safetensors")) {
        Files.delete(model.resolve(name));
      }
    }
  }

  private void writeTorch(byte[] pickle) throws IOException {
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(model.resolve("pytorch_model.bin")))) {
      ZipEntry entry = new ZipEntry("model/data.pkl");
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(pickle.length);
      CRC32 crc = new CRC32();
      crc.update(pickle);
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      zip.write(pickle);
      zip.closeEntry();
    }
  }

  private static void fill(Path file, char character) throws IOException {
    byte[] piece = Character.toString(character).repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < BOMB_BYTES / piece.length; i++) {
        out.write(piece);
      }
    }
  }

  /// Corrects the checksum of a tar header: the sum of its bytes, with blanks for itself.
  private static void rechecked(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += Byte.toUnsignedInt(header[i]);
    }
    byte[] digits = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(digits, 0, header, 148, digits.length);
  }

  private void assertRefused(Path input, String expected) throws Exception {
    List<String> before = RealCommand.names(folder);
    String line =
        "ZONDA_JAVA_OPTS=-Xmx128m $zonda convert '%s' -t Q8_0 -o out.gguf".formatted(input);
    RealCommand.Result result = RealCommand.bash(folder, line).result();
    assertEquals(3, result.exitCode(), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(result.err().contains(expected), result.err());
    assertEquals(before, RealCommand.names(folder));
    assertFalse(Files.exists(folder.resolve(CALL.substring(CALL.indexOf(' ') + 1))));
  }
}
