package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Splits and merges a real model through the real commands; hashes are those of the files that
/// llama-gguf-split wrote of the same model.
class SplitCommandsTest {
  private static final List<String> BY_20_TENSORS =
      List.of(
          "52c771246bed6e37e4c3e13198745673eabadd448152c89a5fd0a1949d5aa4de",
          "ef888f5397908976e8b2ecca18c9f33f8102b81fb4f71b836e2146a2dbd40617");
  private static final String MERGED =
      "3ddc27991a8721fad6ced507673ad5ce2f266a887ead27a9f9bd920f5b2f984e";

  @TempDir private static Path shared;

  private static Path source;

  @TempDir private Path folder;

  @BeforeAll
  static void convert() {
    source = shared.resolve("source.gguf");
    CliRun run =
        CliRun.of(
            "convert",
            TestData.shakespeareMistral().toString(),
            "--as-reference",
            "-o",
            source.toString());
    assertEquals(0, run.exitCode(), run.err());
  }

  private CliRun split(Path input, String prefix, String... options) {
    return run("split", input, folder.resolve(prefix), options);
  }

  private CliRun merge(Path input, String output, String... options) {
    return run("merge", input, folder.resolve(output), options);
  }

  private static CliRun run(String command, Path input, Path output, String... options) {
    return CliRun.of(
        Stream.concat(
                Stream.of(command, input.toString(), "-o", output.toString()),
                Arrays.stream(options))
            .toArray(String[]::new));
  }

  /// The hash of every file in the folder whose name begins so, by name.
  private List<String> hashes(String prefix) throws IOException {
    List<String> hashes = new ArrayList<>();
    for (String name : filesInFolder()) {
      if (name.startsWith(prefix)) {
        hashes.add(sha256(folder.resolve(name)));
      }
    }
    return hashes;
  }

  private static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> filesInFolder() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertOk(CliRun run) {
    assertEquals(0, run.exitCode(), run.err());
  }

  private static void assertRefused(ExitCode code, String message, CliRun run) {
    assertEquals(code.number(), run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals("", run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " | ",
      textBlock =
          """
          --max-tensors 10 | c56caa86bfd4eea9db96817ac62853565f31db23a521a9d3d1402b1a73f69ca8 \
          ac7b9673001f2211545f05b5c1070dea9513ea596bd23959f345fb030d16dd4a \
          cc409e21282babcae03c87f38c4ee6af1916779c2d4c826260e715d9cc36bee7 \
          2baba75df63a9b5b8fa8a78600388cf000c5a1527c3b80d67afcde801119d885
          --max-size 2M | c9a9a220a94ee6905d2220eed06e2733b0b738b27c80df803850818d1738354d \
          9c122d39971d16b605e9029e6ef5fe67ae9dc15ac3f9d739745a0d04a961f7b8 \
          388c2ccf5b9b7f2efc588c8a6e6edc470d3125267a7d102be4ad7d6c9e7a4386 \
          4315b065842f57b8cf3c0c8b94a3006d78f550a319c8a7eef9b2a0cba12f6461 \
          bbce266b1ce64270ce8f5f5ee61cacf1bfd680cf6b5d1bf22220fc287ede7a0a
          --max-tensors 16 --no-tensor-first-split | \
          097be9b185ebbf0e4ef30bf8735f1a1384d3c65c3e5277823638dc0bc1d977d0 \
          fa28797871cbf4ca341388587ff54fd7933c05f872c6bca031b536e6f0c28b49 \
          a907e28439cd6c2251b1c4311f6c646e93dade7d06fcaa468261b49f39f8751d \
          200995337db5c208f8fb74d670bf02649583d32a80b38b74a92a8cde28781763
          --max-tensors 128 | 4da613ad7d32bb2b3ee0ee73d0fd33cbacc7d67c5923d92f2be46e9e8afb2cec
          """)
  void filesHaveTheReferencesBytes(String options, String expected) throws IOException {
    assertOk(split(source, "m", options.split(" ")));
    assertEquals(List.of(expected.split(" ")), hashes("m-"));
  }

  @Test
  void filesAreNamedByNumberAndCount() throws IOException {
    assertOk(split(source, "m", "--max-tensors", "20"));
    assertEquals(List.of("m-00001-of-00002.gguf", "m-00002-of-00002.gguf"), filesInFolder());
  }

  @Test
  void withoutALimitAFileTakes128Tensors() throws IOException {
    JsonNode json =
        JsonMapper.shared().readTree(split(writeTensors(129), "m", "--dry-run", "--json").out());
    assertEquals(
        List.of(128, 1),
        json.findValues("files").getFirst().findValues("tensors").stream()
            .map(JsonNode::asInt)
            .toList());
  }

  @Test
  void mergedFilesHaveTheReferencesBytes() throws IOException {
    assertOk(split(source, "m", "--max-tensors", "10"));
    CliRun run = merge(folder.resolve("m-00001-of-00004.gguf"), "whole.gguf", "--json");
    assertOk(run);
    assertEquals(MERGED, sha256(folder.resolve("whole.gguf")));
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals(folder.resolve("whole.gguf").toString(), json.get("output").asString());
    assertEquals(Files.size(folder.resolve("whole.gguf")), json.get("bytes").asLong());
    assertEquals(39, json.get("tensors").asInt());
    assertEquals(4, json.get("inputs").size());
    assertTrue(json.get("seconds").asDouble() >= 0);
  }

  @Test
  void whatWasMergedSplitsAsBeforeAndTheOtherWayRound() throws IOException {
    assertOk(split(source, "a", "--max-size", "2M"));
    assertOk(merge(folder.resolve("a-00001-of-00005.gguf"), "whole.gguf"));
    assertEquals(MERGED, sha256(folder.resolve("whole.gguf")));
    assertOk(split(folder.resolve("whole.gguf"), "b", "--max-size", "2M"));
    assertEquals(hashes("a-"), hashes("b-"));
    assertOk(merge(folder.resolve("b-00001-of-00005.gguf"), "again.gguf"));
    assertEquals(MERGED, sha256(folder.resolve("again.gguf")));
  }

  @Test
  void aSplitModelIsSplitAnewAsAWhole() throws IOException {
    assertOk(split(source, "a", "--max-tensors", "7"));
    assertOk(split(folder.resolve("a-00001-of-00006.gguf"), "b", "--max-tensors", "20"));
    assertEquals(BY_20_TENSORS, hashes("b-"));
  }

  /// ggml does not know of outer dimensions of one, whatever the file says: the reference made the
  /// same files of this model and of the one without them.
  @Test
  void outerDimensionsOfOneAreNotWritten() throws IOException {
    Path ranks = folder.resolve("ranks.gguf");
    try (GgufFile model = GgufFile.open(source)) {
      List<TensorSpec> specs = new ArrayList<>();
      for (TensorInfo tensor : model.tensors()) {
        Shape shape = tensor.shape();
        specs.add(
            new TensorSpec(
                tensor.name(),
                tensor.type(),
                switch (tensor.name()) {
                  case "output_norm.weight" -> Shape.of(1, shape.dimension(0));
                  case "blk.1.attn_norm.weight" -> Shape.of(1, 1, 1, shape.dimension(0));
                  case "blk.2.ffn_up.weight" -> Shape.of(1, shape.dimension(0), shape.dimension(1));
                  default -> shape;
                }));
      }
      GgufLayout layout = GgufLayout.plan(model.metadata(), specs);
      try (TensorFile writer = TensorFile.create(ranks, layout, OverwritePolicy.FAIL)) {
        for (TensorInfo tensor : layout.tensors()) {
          writer.write(tensor, 0, model.data(model.find(tensor.name()).orElseThrow()));
        }
        writer.commit();
      }
    }
    assertEquals("b6b1bece9776708fcd5896cc0f775e722bd549ff105f2f0f7f353044a61c99f6", sha256(ranks));
    assertOk(split(ranks, "m", "--max-tensors", "20"));
    assertEquals(BY_20_TENSORS, hashes("m-"));
    assertOk(run("quantize", ranks, folder.resolve("q.gguf"), "-t", "Q8_0"));
    assertEquals(
        "49b1e2818733057b411d50a7fc7fb25618dcd06aeb7089dfa50180e12ab95c0e",
        sha256(folder.resolve("q.gguf")));
  }

  @Test
  void aTensorAboveTheLimitHasAFileOfItsOwnAndANote() throws IOException {
    CliRun run = split(source, "m", "--max-size", "1M", "--json");
    assertOk(run);
    assertTrue(
        run.err().contains("tensor 'token_embd.weight' (1.00 MiB) is larger than --max-size"),
        run.err());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    List<String> oversized = json.get("oversized").valueStream().map(JsonNode::asString).toList();
    assertTrue(oversized.containsAll(List.of("token_embd.weight", "output.weight")), run.out());
    for (JsonNode file : json.get("files").values()) {
      assertTrue(
          file.get("bytes").asLong() < 1_100_000 || file.get("tensors").asInt() == 1, run.out());
      assertEquals(Files.size(Path.of(file.get("name").asString())), file.get("bytes").asLong());
    }
    assertOk(merge(Path.of(json.get("files").get(0).get("name").asString()), "whole.gguf"));
    assertEquals(MERGED, sha256(folder.resolve("whole.gguf")));
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    CliRun text = split(source, "m", "--max-tensors", "20", "--dry-run");
    assertOk(text);
    assertTrue(text.out().contains("m-00002-of-00002.gguf       19  "), text.out());
    assertTrue(text.out().contains("would write 2 files: 39 tensors, 7.80 MiB"), text.out());
    CliRun json = split(source, "m", "--max-tensors", "20", "--dry-run", "--json");
    assertFalse(JsonMapper.shared().readTree(json.out()).has("seconds"));
    assertEquals(List.of(), filesInFolder());

    assertOk(split(source, "m", "--max-tensors", "20"));
    CliRun merge = merge(folder.resolve("m-00001-of-00002.gguf"), "whole.gguf", "--dry-run");
    assertOk(merge);
    assertTrue(merge.out().contains("39 tensors of 2 files, 7.80 MiB"), merge.out());
    assertEquals(List.of("m-00001-of-00002.gguf", "m-00002-of-00002.gguf"), filesInFolder());
  }

  @Test
  void anExistingFileNeedsForce() throws IOException {
    Files.writeString(folder.resolve("m-00002-of-00002.gguf"), "precious");
    assertRefused(
        ExitCode.USAGE, "m-00002-of-00002.gguf exists", split(source, "m", "--max-tensors", "20"));
    assertEquals(List.of("m-00002-of-00002.gguf"), filesInFolder());
    assertOk(split(source, "m", "--max-tensors", "20", "--force"));
    assertEquals(BY_20_TENSORS, hashes("m-"));

    Path first = folder.resolve("m-00001-of-00002.gguf");
    Files.writeString(folder.resolve("whole.gguf"), "precious");
    assertRefused(ExitCode.USAGE, "whole.gguf exists", merge(first, "whole.gguf"));
    assertOk(merge(first, "whole.gguf", "--force"));
    assertEquals(MERGED, sha256(folder.resolve("whole.gguf")));
  }

  @Test
  void anInputIsNeverTheOutput() throws IOException {
    assertOk(split(source, "m", "--max-tensors", "20"));
    Path first = folder.resolve("m-00001-of-00002.gguf");
    assertRefused(
        ExitCode.USAGE, "is an input", split(first, "m", "--max-tensors", "20", "--force"));
    assertRefused(ExitCode.USAGE, "is an input", merge(first, "m-00002-of-00002.gguf", "--force"));
    assertEquals(BY_20_TENSORS, hashes("m-"));
  }

  @Test
  void mergingNeedsAllFilesOfASplitModel() throws IOException {
    assertRefused(
        ExitCode.BAD_INPUT, "is a whole model (no split.count)", merge(source, "whole.gguf"));
    assertOk(split(source, "m", "--max-tensors", "10"));
    assertRefused(
        ExitCode.BAD_INPUT,
        "is file 2 of 4 of a split model: give the first file",
        merge(folder.resolve("m-00002-of-00004.gguf"), "whole.gguf"));
    Path first = folder.resolve("m-00001-of-00004.gguf");
    Files.delete(folder.resolve("m-00003-of-00004.gguf"));
    assertRefused(
        ExitCode.BAD_INPUT, "m-00003-of-00004.gguf is missing", merge(first, "whole.gguf"));
    Files.copy(folder.resolve("m-00002-of-00004.gguf"), folder.resolve("m-00003-of-00004.gguf"));
    assertRefused(
        ExitCode.BAD_INPUT, "do not say that it is file 3 of 4", merge(first, "whole.gguf"));
    assertFalse(filesInFolder().contains("whole.gguf"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0M", "-1G", "G", "9999999999G", "2X"})
  void whatIsNotASizeIsRefused(String size) throws IOException {
    assertRefused(ExitCode.USAGE, "is not a size", split(source, "m", "--max-size", size));
    assertEquals(List.of(), filesInFolder());
  }

  @Test
  void limitsAreCheckedBeforeTheInput() {
    Path missing = folder.resolve("missing.gguf");
    assertRefused(ExitCode.USAGE, "expected 1 or more", split(missing, "m", "--max-tensors", "0"));
    assertRefused(
        ExitCode.USAGE,
        "cannot be combined",
        split(missing, "m", "--max-tensors", "5", "--max-size", "2G"));
    assertRefused(ExitCode.BAD_INPUT, "missing.gguf", split(missing, "m"));
  }

  @Test
  void valuesAreNotLookedAt() throws IOException {
    Path input = writeTensors(3);
    assertOk(split(input, "m", "--max-tensors", "1"));
    assertOk(merge(folder.resolve("m-00001-of-00003.gguf"), "whole.gguf"));
    try (GgufFile before = GgufFile.open(input);
        GgufFile after = GgufFile.open(folder.resolve("whole.gguf"))) {
      for (TensorInfo tensor : before.tensors()) {
        MemorySegment bytes = after.data(after.find(tensor.name()).orElseThrow());
        assertEquals(-1, before.data(tensor).mismatch(bytes));
      }
    }
  }

  @Test
  void aModelWithoutTensorsIsOneFile() throws IOException {
    assertOk(split(writeTensors(0), "m"));
    assertTrue(filesInFolder().contains("m-00001-of-00001.gguf"));
    assertOk(merge(folder.resolve("m-00001-of-00001.gguf"), "whole.gguf"));
  }

  /// A model of tensors that hold one NaN each.
  private Path writeTensors(int count) throws IOException {
    Path file = folder.resolve("tensors.gguf");
    List<TensorSpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      specs.add(new TensorSpec("t" + i, TensorType.F32, Shape.of(1)));
    }
    GgufLayout layout = GgufLayout.plan(Metadata.empty(), specs);
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.FAIL)) {
      for (TensorInfo tensor : layout.tensors()) {
        writer.write(tensor, 0, MemorySegment.ofArray(new float[] {Float.NaN}));
      }
      writer.commit();
    }
    return file;
  }
}
