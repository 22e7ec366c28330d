package dev.zonda.formats.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Hostile;
import dev.zonda.formats.Mutations;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Pickles that ask for more than tensors, and files that lie about sizes: refused in one line.
class HostileTorchFileTest {
  private static final int VALUES = 6;

  @TempDir Path folder;

  static List<Arguments> pickles() {
    int[] shape = {2, 3};
    return List.of(
        refused(
            "names 'os.system'",
            new PickleBytes().global("os", "system").text("id").ops("\u0085R.")),
        refused(
            "names 'builtins.eval'",
            new PickleBytes().text("builtins").text("eval").ops("\u0093.")),
        refused("names 'torch.load'", new PickleBytes().global("torch", "load").ops(".")),
        refused(
            "uses the opcode INST to call 'os.system'", new PickleBytes().ops("(ios\nsystem\n.")),
        refused("opcode OBJ", new PickleBytes().ops("(o.")),
        refused("opcode NEWOBJ", new PickleBytes().global("torch", "Size").ops(")\u0081.")),
        refused("opcode EXT1", new PickleBytes().ops("\u0082\u0001.")),
        refused("opcode PERSID", new PickleBytes().ops("Pstorage\n.")),
        refused("opcode UNKNOWN", new PickleBytes().ops("\u00ff.")),
        refused(
            "calls torch.FloatStorage",
            new PickleBytes().global("torch", "FloatStorage").ops(")R.")),
        refused("calls a str", new PickleBytes().text("os.system").ops(")R.")),
        refused("sets the state of a str", new PickleBytes().text("a").ops("}b.")),
        refused("sets 1 items", new PickleBytes().ops("}(Nu.")),
        refused("appends to None", new PickleBytes().ops("NNa.")),
        refused("goes back to a mark", new PickleBytes().ops("t.")),
        refused("empty stack", new PickleBytes().ops(".")),
        refused("recalls the value 7", new PickleBytes().ops("h\u0007.")),
        refused("a str of", new PickleBytes().ops("X\u00ff\u00ff\u00ff\u00ff.")),
        refused("holds a sequence, expected a dict", new PickleBytes().ops("].")),
        refused("has None under the name 'a'", new PickleBytes().op('}').text("a").ops("Ns.")),
        refused(
            "has a dict under the name 'model'",
            new PickleBytes().op('}').text("model").ops("}s.")),
        refused("has None for the name", new PickleBytes().op('}').ops("NNs.")),
        refused("two tensors of the name 'a'", dict("a", "a", shape, new int[] {3, 1})),
        refused("does not lie within its storage", one(0, shape, new int[] {4, 1})),
        refused("does not lie within its storage", one(1, shape, new int[] {3, 1})),
        refused(
            "does not lie within its storage", one(0, new int[] {1 << 30, 6}, new int[] {0, 1})),
        refused(
            "fit in 63 bits", one(0, new int[] {1 << 30, 1 << 30, 1 << 30}, new int[] {0, 0, 0})),
        refused("expected an int of 0 or more", one(0, shape, new int[] {-3, 1})),
        refused("expected an int of 0 or more", one(-1, shape, new int[] {3, 1})),
        refused("2 dimensions and 1 strides", one(0, shape, new int[] {1})),
        refused(
            "has no entry data/1",
            new PickleBytes()
                .op('}')
                .text("a")
                .global("torch._utils", "_rebuild_tensor_v2")
                .op('(')
                .storage("1", VALUES)
                .number(0)
                .ops("))tRs.")),
        refused(
            "has 24 bytes, expected 28",
            new PickleBytes().op('}').text("a").tensor(7, 0, shape, new int[] {3, 1}).ops("s.")),
        refused(
            "persistent id that is not a storage",
            new PickleBytes().op('(').text("module").ops("tQ.")),
        refused(
            "more than " + PickleMachine.MOST_VALUES + " values",
            new PickleBytes().ops("]".repeat(PickleMachine.MOST_VALUES + 1))),
        refused(
            "more than " + PickleMachine.MOST_VALUES + " values",
            new PickleBytes().ops("(".repeat(PickleMachine.MOST_VALUES + 1))));
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void pickleIsRefused(String expected, byte[] pickle) throws IOException {
    byte[] file = TorchZip.of(pickle, new byte[Float.BYTES * VALUES]);
    assertRefused(expected, file);
  }

  @Test
  void pickleOfATensorIsRead() throws IOException {
    byte[] pickle = one(0, new int[] {2, 3}, new int[] {3, 1}).bytes();
    Path path = Files.write(folder.resolve("model.bin"), TorchZip.of(pickle, new byte[24]));
    try (TorchFile file = TorchFile.open(path)) {
      assertEquals(24, file.data(file.tensors().getFirst()).byteSize());
    }
  }

  /// As PyTorch writes large files: sizes and places in 64 bits.
  @Test
  void zip64RecordsAreRead() throws IOException {
    byte[] pickle = one(0, new int[] {2, 3}, new int[] {3, 1}).bytes();
    byte[] storage = new byte[24];
    new Random(1).nextBytes(storage);
    Path path = folder.resolve("model.bin");
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(path)) {
      zip.setUseZip64(Zip64Mode.Always);
      put(zip, "model/data.pkl", pickle);
      put(zip, "model/data/0", storage);
    }
    try (TorchFile file = TorchFile.open(path)) {
      assertArrayEquals(
          storage, file.data(file.tensors().getFirst()).toArray(ValueLayout.JAVA_BYTE));
    }
    byte[] whole = Files.readAllBytes(path);
    for (int length = 0; length < whole.length; length += 7) {
      assertTrue(open(Arrays.copyOf(whole, length)).isPresent(), length + " bytes");
    }
  }

  private static void put(ZipArchiveOutputStream zip, String name, byte[] content)
      throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setMethod(ZipEntry.STORED);
    zip.putArchiveEntry(entry);
    zip.write(content);
    zip.closeArchiveEntry();
  }

  @Test
  void compressedStoragesAreRefused() throws IOException {
    byte[] pickle = one(0, new int[] {2, 3}, new int[] {3, 1}).bytes();
    assertRefused("is compressed", TorchZip.of(pickle, new byte[24], ZipEntry.DEFLATED));
  }

  @Test
  void otherArchivesAreRefused() throws IOException {
    assertRefused("broken zip archive", new byte[] {'P', 'K', 3, 4, 0, 0});
    assertRefused("is not a PyTorch file", new byte[] {'P', 'K', 5, 6, 0, 0});
    assertRefused("is not a PyTorch file", new byte[0]);
  }

  /// Without the archive or the form of before 1.6 around it; protocols 0 and 1 begin as text.
  @Test
  void pickleAloneIsRefusedByWhatItNames() throws IOException {
    byte[] call = new PickleBytes().global("os", "system").text("id").ops("\u0085R.").bytes();
    assertRefused("the pickle names 'os.system'", call);
    assertRefused("the pickle names 'os.system'", ascii("cos\nsystem\n(S'id'\ntR."));
    assertRefused("uses the opcode INST to call 'os.system'", ascii("(ios\nsystem\n."));
    assertRefused("is a bare pickle", new PickleBytes().ops("}.").bytes());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void truncatedFilesAreRefused() throws IOException {
    for (String name : List.of("zip.pt", "legacy.pt")) {
      byte[] whole = Files.readAllBytes(TestData.path("golden/torch/" + name));
      for (int length = 0; length < whole.length; length += 1 + length / 100) {
        Optional<FormatException> fault = open(Arrays.copyOf(whole, length));
        assertTrue(fault.isPresent(), name + " of " + length + " bytes");
      }
    }
  }

  @Test
  void damagedFilesAreReadOrRefused() throws IOException {
    int accepted = 0;
    for (String name : List.of("zip.pt", "legacy.pt", "protocol4.pt", "float8.pt")) {
      byte[] whole = Files.readAllBytes(TestData.path("golden/torch/" + name));
      for (int seed = 0; seed < 500; seed++) {
        accepted += open(new Mutations(seed).damage(whole)).isPresent() ? 0 : 1;
      }
    }
    assertTrue(accepted > 20 && accepted < 1800, accepted + " accepted");
  }

  private void assertRefused(String expected, byte[] file) throws IOException {
    String message = open(file).map(Exception::getMessage).orElse("was accepted");
    assertTrue(message.contains(expected), message);
  }

  private Optional<FormatException> open(byte[] bytes) throws IOException {
    Path path = Files.write(folder.resolve("model.bin"), bytes);
    return Hostile.open(path, bytes.length, HostileTorchFileTest::readWhole);
  }

  private static void readWhole(Path path) throws IOException {
    try (TorchFile file = TorchFile.open(path)) {
      for (TensorInfo tensor : file.tensors()) {
        file.data(tensor).toArray(ValueLayout.JAVA_BYTE);
      }
    }
  }

  private static PickleBytes one(int offset, int[] shape, int[] strides) {
    return new PickleBytes().op('}').text("a").tensor(VALUES, offset, shape, strides).ops("s.");
  }

  private static PickleBytes dict(String first, String second, int[] shape, int[] strides) {
    return new PickleBytes()
        .ops("}(")
        .text(first)
        .tensor(VALUES, 0, shape, strides)
        .text(second)
        .tensor(VALUES, 0, shape, strides)
        .ops("u.");
  }

  private static Arguments refused(String expected, PickleBytes pickle) {
    return Arguments.of(expected, pickle.bytes());
  }
}
