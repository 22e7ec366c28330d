package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Sources that other tools write, or that no tool writes: what is in them comes out whole.
class UnusualSourcesTest {
  private static final byte[] NO_UTF8 = {'a', (byte) 0xff, (byte) 0xc3, '(', 0, (byte) 0xe2};

  @TempDir private Path folder;

  private static float[] values(int seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static RawGguf model(ByteOrder order, long alignment, String architecture) {
    return new RawGguf(order, alignment)
        .text("general.architecture", architecture)
        .u32(architecture + ".block_count", 2);
  }

  private static RawGguf tensors(RawGguf file) {
    return file.tensor("token_embd.weight", values(1, 8 * 256), 256)
        .tensor("blk.0.attn_norm.weight", values(2, 7), 7)
        .tensor("blk.0.attn_v.weight", values(3, 4 * 256), 256)
        .tensor("blk.1.attn_v.weight", values(4, 4 * 256), 256)
        .tensor("blk.1.of_no_known_name.weight", values(5, 3 * 256), 256);
  }

  private Path write(String name, RawGguf file) throws IOException {
    return Files.write(folder.resolve(name), file.toBytes());
  }

  private CliRun quantize(Path input) {
    return CliRun.of("quantize", input.toString(), "-t", "Q4_K_M", "-o", output(input).toString());
  }

  private Path output(Path input) {
    return folder.resolve("quantized-" + input.getFileName());
  }

  @Test
  void aBigEndianFileGivesWhatItsTwinGives() throws IOException {
    Path little =
        write("little.gguf", tensors(model(ByteOrder.LITTLE_ENDIAN, 32, "llama").u32("k", 7)));
    Path big = write("big.gguf", tensors(model(ByteOrder.BIG_ENDIAN, 32, "llama").u32("k", 7)));
    for (Path input : new Path[] {little, big}) {
      CliRun run = quantize(input);
      assertEquals(0, run.exitCode(), run.err());
    }
    byte[] written = Files.readAllBytes(output(big));
    assertArrayEquals(Files.readAllBytes(output(little)), written);
    assertArrayEquals(new byte[] {'G', 'G', 'U', 'F', 3, 0, 0, 0}, Arrays.copyOf(written, 8));
  }

  /// llama-quantize would keep the key and align to 32: a file that it cannot read itself.
  @ParameterizedTest
  @ValueSource(longs = {8, 64, 4096})
  void theAlignmentStays(long alignment) throws IOException {
    Path plain = write("plain.gguf", tensors(model(ByteOrder.LITTLE_ENDIAN, 32, "llama")));
    Path aligned =
        write(
            "aligned.gguf",
            tensors(
                model(ByteOrder.LITTLE_ENDIAN, alignment, "llama")
                    .u32("general.alignment", alignment)));
    for (Path input : new Path[] {plain, aligned}) {
      CliRun run = quantize(input);
      assertEquals(0, run.exitCode(), run.err());
    }
    try (GgufFile expected = GgufFile.open(output(plain));
        GgufFile file = GgufFile.open(output(aligned))) {
      assertEquals(alignment, file.alignment());
      for (TensorInfo tensor : file.tensors()) {
        assertEquals(0, tensor.offset() % alignment);
        TensorInfo twin = expected.find(tensor.name()).orElseThrow();
        assertEquals(-1, expected.data(twin).mismatch(file.data(tensor)), tensor.name());
      }
    }
  }

  /// llama-quantize refuses it.
  @Test
  void anUnknownArchitectureGetsTheGeneralRulesAndANote() throws IOException {
    Path known = write("known.gguf", tensors(model(ByteOrder.LITTLE_ENDIAN, 32, "llama")));
    Path unknown = write("unknown.gguf", tensors(model(ByteOrder.LITTLE_ENDIAN, 32, "novel")));
    assertEquals("", quantize(known).err());
    CliRun run = quantize(unknown);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        "'novel' is an architecture that llama.cpp does not know: the general rules apply\n",
        run.err());
    Map<String, TensorType> types = types(output(unknown));
    assertEquals(types(output(known)), types);
    assertEquals(TensorType.Q4_K, types.get("blk.1.of_no_known_name.weight"));
    assertEquals(TensorType.F32, types.get("blk.0.attn_norm.weight"));
  }

  private static Map<String, TensorType> types(Path file) throws IOException {
    try (GgufFile model = GgufFile.open(file)) {
      return model.tensors().stream().collect(Collectors.toMap(TensorInfo::name, TensorInfo::type));
    }
  }

  @Test
  void anUnknownArchitectureNeedNotSayHowManyLayersItHas() throws IOException {
    RawGguf file =
        new RawGguf(ByteOrder.LITTLE_ENDIAN, 32)
            .text("general.architecture", "novel")
            .u32("novel.expert_count", 8);
    Path input =
        write(
            "layers.gguf",
            tensors(file).tensor("blk.77.ffn_down_exps.weight", values(6, 256), 256));
    assertEquals(0, quantize(input).exitCode());
  }

  @Test
  void strangeKeysStay() throws IOException {
    RawGguf file =
        model(ByteOrder.LITTLE_ENDIAN, 32, "llama")
            .key("no utf-8", 8, value -> value.text(NO_UTF8))
            .key("Weird Key\u0001.é", 2, value -> value.u16(0xabcd))
            .key("nested", 9, value -> value.u32(9).u64(2).u32(2).u64(1).u16(5).u32(8).u64(0))
            .key("not a number", 6, value -> value.u32(0x7fc0_1234L))
            .key("double", 12, value -> value.u64(Double.doubleToRawLongBits(0.1)))
            .key("unsigned", 10, value -> value.u64(-1L));
    Path input = write("strange.gguf", tensors(file));
    CliRun run = quantize(input);
    assertEquals(0, run.exitCode(), run.err());
    // All keys before those that zonda sets, byte for byte.
    byte[] expected = file.toBytes();
    byte[] written = Files.readAllBytes(output(input));
    int from = 24;
    int length = indexOf(expected, "unsigned") + "unsigned".length() + 4 + 8 - from;
    assertArrayEquals(
        Arrays.copyOfRange(expected, from, from + length),
        Arrays.copyOfRange(written, from, from + length));
    try (GgufFile quantized = GgufFile.open(output(input))) {
      assertEquals(
          new MetadataValue.Uint64(-1), quantized.metadata().get("unsigned").orElseThrow());
    }
  }

  private static int indexOf(byte[] bytes, String ascii) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(ascii);
  }
}
