package dev.zonda.verify.divergence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.FileType;
import dev.zonda.testdata.TestData;
import dev.zonda.verify.QuantizedCopies;
import dev.zonda.verify.divergence.ComparisonOptions.Stop;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.Gate;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Verdict;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Gates must fail for models with faults, and pass for honest ones, on whatever text.
class FaultInjectionTest {
  private static final int CONTEXT = 64;
  private static final int CHUNKS = 17;
  private static final int REPETITIONS = 20;

  /// Seven times what Q8_0 makes of this model.
  private static final Gate BOUND_OF_Q8_0 = Gate.parse("kld.mean<0.0002");

  /// What is the same file has not moved at all.
  private static final Gate NO_DRIFT = Gate.parse("kld.mean<+1%");

  private static final Gate SAME_MODEL = Gate.parse("kld.p90<1e-12");

  private static final int Q8_0_BLOCK_BYTES = 34;

  @TempDir private static Path folder;

  private static Path honest;
  private static Path coarse;
  private static int[] tokens;

  @BeforeAll
  static void prepare() throws IOException {
    honest = folder.resolve("q8_0.gguf");
    coarse = folder.resolve("q2_k.gguf");
    try (GgufModel model = Models.open(TestData.shakespeareMistral())) {
      QuantizedCopies.quantize(model, FileType.Q8_0, honest);
      QuantizedCopies.quantize(model, FileType.Q2_K, coarse);
      tokens =
          Tokenizer.of(model.metadata())
              .encodeDocument(
                  Files.readString(
                      TestData.path("models/shakespeare-mistral.reference/calibration.txt")));
    }
  }

  /// A model as it is but for other metadata, or with the values of other tensors.
  private record Faulty(
      GgufModel model, String name, Metadata metadata, Map<String, String> valuesOf)
      implements GgufModel {
    @Override
    public List<TensorInfo> tensors() {
      return model.tensors();
    }

    @Override
    public Optional<TensorInfo> find(String tensorName) {
      return model.find(tensorName);
    }

    @Override
    public MemorySegment rows(
        TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch) throws IOException {
      String source = valuesOf.getOrDefault(tensor.name(), tensor.name());
      return model.rows(model.find(source).orElseThrow(), firstRow, rowCount, scratch);
    }

    @Override
    public void close() {}
  }

  @Test
  void gatesSeeFaults() throws IOException {
    repeat(0, 3);
  }

  @Test
  @Tag("slow")
  void gatesSeeFaultsOnEveryText() throws IOException {
    repeat(3, REPETITIONS);
  }

  private static void repeat(int from, int to) throws IOException {
    try (Engine engine = Engine.of(Runtime.getRuntime().availableProcessors());
        GgufModel reference = Models.open(TestData.shakespeareMistral());
        GgufModel file = GgufFile.open(honest);
        GgufModel q2k = GgufFile.open(coarse)) {
      for (int repetition = from; repetition < to; repetition++) {
        Chunks text = text(repetition, reference);
        faultsOfTheWholeModel(text, reference, file, q2k, engine);
        corruptedBlock(repetition, text, reference, file, engine);
        flippedBit(repetition, text, reference, file, engine);
      }
    }
  }

  /// Each repetition has a text of its own.
  private static Chunks text(int repetition, GgufModel model) throws IOException {
    int length = CHUNKS * CONTEXT;
    int first = repetition * (tokens.length - length) / (REPETITIONS - 1);
    return Chunks.of(
        Arrays.copyOfRange(tokens, first, first + length),
        CONTEXT,
        Tokenizer.of(model.metadata()).beginning(),
        OptionalInt.empty());
  }

  private static void faultsOfTheWholeModel(
      Chunks text, GgufModel reference, GgufModel file, GgufModel q2k, Engine engine)
      throws IOException {
    Metadata otherBase =
        file.metadata().toBuilder().putFloat32("llama.rope.freq_base", 20_000).build();
    List<GgufModel> candidates =
        List.of(
            file,
            new Faulty(file, "RoPE base", otherBase, Map.of()),
            new Faulty(
                file,
                "swapped tensors",
                file.metadata(),
                Map.of(
                    "blk.1.attn_k.weight", "blk.2.attn_k.weight",
                    "blk.2.attn_k.weight", "blk.1.attn_k.weight")),
            q2k);
    List<GateOutcome> outcomes =
        run(text, reference, candidates, BOUND_OF_Q8_0, Optional.empty(), engine).gates();
    assertEquals(
        List.of(Verdict.PASSED, Verdict.FAILED, Verdict.FAILED, Verdict.FAILED),
        outcomes.stream().map(GateOutcome::verdict).toList(),
        outcomes::toString);
  }

  /// A block whose quants are others, with a scale as blocks have it: compared with the honest
  /// file, nothing but zero will do; compared with the unquantized model, it does not pass for the
  /// file that it was.
  private static void corruptedBlock(
      int seed, Chunks text, GgufModel reference, GgufModel file, Engine engine)
      throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] block = new byte[Q8_0_BLOCK_BYTES];
    random.nextBytes(block);
    ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).putShort(0, Float.floatToFloat16(0.002f));
    try (GgufModel corrupted = GgufFile.open(overwritten(random, Optional.of(block)))) {
      List<GgufModel> candidates = List.of(file, corrupted);
      assertEquals(
          List.of(Verdict.PASSED, Verdict.FAILED),
          verdicts(run(text, file, candidates, SAME_MODEL, Optional.empty(), engine)));
      Baseline baseline =
          Divergences.run(
                  Comparison.of(
                      new ReferenceSide.Model(reference),
                      List.of(file),
                      text,
                      ComparisonOptions.NONE),
                  engine)
              .chunkMeans()
              .getFirst();
      Optional<List<Baseline>> baselines = Optional.of(Collections.nCopies(2, baseline));
      List<Verdict> drift = verdicts(run(text, reference, candidates, NO_DRIFT, baselines, engine));
      assertEquals(Verdict.PASSED, drift.getFirst());
      assertNotEquals(Verdict.PASSED, drift.getLast());
    }
  }

  /// The largest bit of a scale's exponent.
  private static void flippedBit(
      int seed, Chunks text, GgufModel reference, GgufModel file, Engine engine)
      throws IOException {
    Path path = overwritten(new SplittableRandom(seed), Optional.empty());
    try (GgufModel corrupted = GgufFile.open(path)) {
      assertEquals(
          List.of(Verdict.PASSED, Verdict.FAILED),
          verdicts(
              run(
                  text,
                  reference,
                  List.of(file, corrupted),
                  BOUND_OF_Q8_0,
                  Optional.empty(),
                  engine)));
    }
  }

  private static List<Verdict> verdicts(Comparison.Result result) {
    return result.gates().stream().map(GateOutcome::verdict).toList();
  }

  @Test
  void blockThatHoldsNoNumbersIsBadInput() throws IOException {
    byte[] block = new byte[Q8_0_BLOCK_BYTES];
    Arrays.fill(block, (byte) 0xff);
    try (Engine engine = Engine.of(2);
        GgufModel reference = Models.open(TestData.shakespeareMistral());
        GgufModel corrupted =
            GgufFile.open(overwritten(new SplittableRandom(1), Optional.of(block)))) {
      Chunks text = text(0, reference);
      FormatException e =
          assertThrows(
              FormatException.class,
              () ->
                  run(
                      text,
                      reference,
                      List.of(corrupted),
                      BOUND_OF_Q8_0,
                      Optional.empty(),
                      engine));
      assertTrue(e.getMessage().contains("gives logits that are not finite numbers"));
    }
  }

  /// The honest file with some block of some matrix overwritten, or its scale's largest bit
  /// flipped.
  private static Path overwritten(SplittableRandom random, Optional<byte[]> block)
      throws IOException {
    Path copy = folder.resolve("corrupted.gguf");
    Files.copy(honest, copy, StandardCopyOption.REPLACE_EXISTING);
    String[] names = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_down"};
    String name =
        "blk.%d.%s.weight".formatted(random.nextInt(4), names[random.nextInt(names.length)]);
    try (GgufFile file = GgufFile.open(honest);
        FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      TensorInfo tensor = file.find(name).orElseThrow();
      long blocks = tensor.bytes() / Q8_0_BLOCK_BYTES;
      long at = random.nextLong(blocks) * Q8_0_BLOCK_BYTES;
      byte[] old = file.data(tensor).asSlice(at, Q8_0_BLOCK_BYTES).toArray(ValueLayout.JAVA_BYTE);
      old[1] ^= 0x40;
      ByteBuffer bytes = ByteBuffer.wrap(block.orElse(old));
      assertEquals(Q8_0_BLOCK_BYTES, channel.write(bytes, tensor.offset() + at));
    }
    return copy;
  }

  private static Comparison.Result run(
      Chunks text,
      GgufModel reference,
      List<GgufModel> candidates,
      Gate gate,
      Optional<List<Baseline>> baselines,
      Engine engine)
      throws IOException {
    return Divergences.run(
        Comparison.of(
            new ReferenceSide.Model(reference),
            candidates,
            text,
            new ComparisonOptions(
                List.of(gate), ComparisonOptions.DEFAULT_ERROR, Stop.WHEN_DECIDED, baselines)),
        engine);
  }
}
