package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `--nonfinite` makes of the values, byte for byte, and on `convert`. Refusals and zeroing
/// are tested in [QuantizeCommandTest], too.
class NonfiniteTest {
  @TempDir private Path folder;

  /// The hashes are of what `ggml_quantize_chunk` (plain x86-64 build) makes of the same rows:
  /// llama-quantize itself stops. Types whose result would depend on how the C++ was compiled are
  /// not here.
  @ParameterizedTest
  @CsvSource({
    "F16, 0e55816fd32fee2bda0e3cdb517b865a6c6cfca723a1dc2d37cecb06b6efbef5",
    "BF16, 88a8f78231949128261e67acc7088c0d8b46f6976b171a4ba3c06fb5029bb76f",
    "Q4_0, b3b84edc3ed34a1ae3240a7d5cee9be63e1c805441525dbb91dbf0a74de2f8c5",
    "Q4_1, 9872e343ad972bfe478672e1112aba51f016ee3d713b7b6e9306153c1ecc3c9e",
    "Q5_0, 27d7a2d1f165e77ca6ed3c8fb79e67c7a50fde239468c563fcb0c6ccadcd1a02",
    "Q5_1, da4c88ff57cec081af7af4fca6dde9ca23da316333c1d1e04a6f4666bae47b87",
    "Q8_0, 815681e9189cde15cf0eb3a2b2b5dd6b1fefd1f06c75fbfd95db0a206a7cfc3a",
    "Q2_K, 50545cec4cf5008c8f266555d2d45db420a6da73b1609c3bb9f2cc8ce26be690",
    "Q3_K_S, c668ebf670e5d874a1cf23dc8c79b43a1d54ebbbc780b95fee1c002bd4d9c061",
    "Q4_K_S, efe4cef5cd7edabaf7a46fe168ca97eb90d5d46aef8ec2b4359e41b8617eda9b",
    "Q5_K_S, 64b0a12eb81c6e87f5adc16eabb4f8af949ab704816bfd91e3fa7541b12958c2",
    "Q6_K, 9c77972d0c7b16f02d36de8ebe3a56004653b7fb0823b33ff447dbe113f27ae3",
    "IQ4_NL, 75d17da63bb7ddb93d3d257eb669c8b513f4ed9e876a13d1ac3d671537ed59a7",
    "IQ4_XS, 3df5337512150fd77e8c4b5a8e9e9cc6061fe9567175c26b9dc0803f892d12c9",
    "TQ1_0, 2f362f521da4286b8fef4df67d9bb433e403aebddf97fbf7e63acafdfda8b9a6",
    "TQ2_0, b363fda246cf5650f1406d94d095ecb92d0c6eebdb86a0020e17792b14a9e911"
  })
  void keptValuesBecomeWhatTheReferenceMakesOfThem(String type, String sha256) throws IOException {
    float[] values = new float[512];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 17 - 8) / 16f;
    }
    values[5] = Float.NaN;
    values[6] = Float.POSITIVE_INFINITY;
    values[256 + 44] = 70000;
    values[256 + 100] = Float.NEGATIVE_INFINITY;
    RawGguf file =
        new RawGguf(ByteOrder.LITTLE_ENDIAN, 32)
            .text("general.architecture", "llama")
            .u32("llama.block_count", 1)
            .tensor("blk.0.attn_q.weight", values, 256);
    Path input = Files.write(folder.resolve("in.gguf"), file.toBytes());
    Path output = folder.resolve("out.gguf");
    CliRun run =
        CliRun.of(
            "quantize",
            input.toString(),
            "-o",
            output.toString(),
            "-t",
            type,
            "--pure",
            "--nonfinite",
            "keep");
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile written = GgufFile.open(output)) {
      TensorInfo tensor = written.tensors().getFirst();
      assertEquals(sha256, sha256(written.data(tensor).toArray(ValueLayout.JAVA_BYTE)));
    }
  }

  @Test
  void convertHasTheSameThreeWays() throws IOException {
    Path checkpoint = Files.createDirectory(folder.resolve("model"));
    try (var files = Files.list(TestData.shakespeareMistral())) {
      for (Path file : files.toList()) {
        Files.copy(file, checkpoint.resolve(file.getFileName()));
      }
    }
    spoil(checkpoint.resolve("model.safetensors"));
    Path output = folder.resolve("out.gguf");
    String[] arguments = {"convert", checkpoint.toString(), "-t", "F32", "-o", output.toString()};

    CliRun failed = CliRun.of(arguments);
    assertEquals(3, failed.exitCode(), failed.err());
    assertTrue(failed.err().contains("row 0, column 3: NaN"), failed.err());
    assertTrue(failed.err().contains("(such values in the tensor: 1)"), failed.err());
    assertTrue(Files.notExists(output));

    assertEquals(0, CliRun.of(with(arguments, "--nonfinite", "zero")).exitCode());
    byte[] zeroed = Files.readAllBytes(output);
    assertEquals(0, CliRun.of(with(arguments, "--nonfinite", "keep", "--force")).exitCode());
    assertTrue(Arrays.mismatch(zeroed, Files.readAllBytes(output)) > 0);
  }

  private static String[] with(String[] arguments, String... more) {
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return all;
  }

  /// Makes the fourth value of the first matrix in the file NaN.
  private static void spoil(Path weights) throws IOException {
    try (FileChannel channel =
        FileChannel.open(weights, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(length, 0);
      ByteBuffer nan = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(nan.putShort((short) 0x7fc0).flip(), 8 + length.getLong(0) + 3 * 2);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
