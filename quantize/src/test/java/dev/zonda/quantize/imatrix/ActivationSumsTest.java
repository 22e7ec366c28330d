package dev.zonda.quantize.imatrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.quantize.imatrix.ActivationSums.Entry;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActivationSumsTest {
  private static final OptionalInt AS_STORED = OptionalInt.empty();

  @TempDir private Path folder;

  private static Path reference(String file) {
    return TestData.path("models/shakespeare-mistral.reference/" + file);
  }

  private static ActivationSums sums(String name, float[] sums, long... counts) {
    return new ActivationSums(
        new TreeMap<>(Map.of(name, new Entry(sums, counts))), List.of(name + ".txt"), 4);
  }

  /// Both files hold the same measurement: from one follows the other.
  @Test
  void filesAreLlamaImatrixs() throws IOException {
    ActivationSums sums = ActivationSums.read(reference("imatrix.gguf"), AS_STORED);
    assertEquals(28, sums.entries().size());
    assertEquals(90, sums.chunks());
    assertEquals(256, sums.chunkSize());
    Path gguf = folder.resolve("copy.gguf");
    sums.write(gguf, ImatrixFormat.GGUF, OverwritePolicy.FAIL);
    assertEquals(-1, Files.mismatch(reference("imatrix.gguf"), gguf));
    Path dat = folder.resolve("copy.dat");
    sums.write(dat, ImatrixFormat.DAT, OverwritePolicy.FAIL);
    assertEquals(-1, Files.mismatch(reference("imatrix.dat"), dat));
    assertThrows(
        FileAlreadyExistsException.class,
        () -> sums.write(dat, ImatrixFormat.DAT, OverwritePolicy.FAIL));
  }

  @Test
  void sumsAddUp() throws IOException {
    ActivationSums gguf = ActivationSums.read(reference("imatrix.gguf"), AS_STORED);
    ActivationSums both =
        gguf.plus(ActivationSums.read(reference("imatrix.dat"), OptionalInt.of(256)));
    assertEquals(180, both.chunks());
    assertEquals(2, both.datasets().size());
    Entry one = gguf.entries().get("blk.2.ffn_down.weight");
    Entry two = both.entries().get("blk.2.ffn_down.weight");
    assertArrayEquals(new long[] {2 * one.counts()[0]}, two.counts());
    for (int i = 0; i < one.sums().length; i++) {
      assertEquals(2 * one.sums()[i], two.sums()[i], 1e-5f * one.sums()[i]);
    }
  }

  @Test
  void aCountForAllMeetsCountsOfExperts() {
    ActivationSums all = sums("x", new float[] {1, 2, 3, 4}, 8);
    ActivationSums experts = sums("x", new float[] {1, 1, 1, 1}, 2, 0);
    Entry sum = all.plus(experts).entries().get("x");
    assertArrayEquals(new float[] {2, 3, 4, 5}, sum.sums());
    assertArrayEquals(new long[] {10, 8}, sum.counts());
    assertEquals(List.of(), sum.withoutData());
    assertEquals(List.of(1), experts.entries().get("x").withoutData());
    assertEquals(List.of("x.txt", "x.txt"), all.plus(experts).datasets());
  }

  @Test
  void otherModelsAreNotAdded() {
    ActivationSums one = sums("x", new float[] {1, 2, 3, 4}, 1, 1);
    assertEquals(
        "'x' has 4 sums in one matrix and 2 in another: they are of different models",
        assertThrows(
                IllegalArgumentException.class, () -> one.plus(sums("x", new float[] {1, 2}, 1)))
            .getMessage());
    assertEquals(
        "'x' has 2 experts in one matrix and 4 in another: they are of different models",
        assertThrows(
                IllegalArgumentException.class,
                () -> one.plus(sums("x", new float[] {1, 2, 3, 4}, 1, 1, 1, 1)))
            .getMessage());
    assertEquals(2, one.plus(sums("y", new float[] {1, 2}, 1)).entries().size());
  }

  /// The older format has no counts: experts without data get ones, tensors without any go.
  @Test
  void theOlderFormatLosesWhatItCannotSay() throws IOException {
    TreeMap<String, Entry> entries = new TreeMap<>();
    entries.put("a", new Entry(new float[] {6, 8, 0, 0}, new long[] {2, 0}));
    entries.put("b", new Entry(new float[] {0, 0}, new long[] {0}));
    Path file = folder.resolve("m.dat");
    new ActivationSums(entries, List.of(), 2).write(file, ImatrixFormat.DAT, OverwritePolicy.FAIL);
    ActivationSums read = ActivationSums.read(file, OptionalInt.of(2));
    assertEquals(List.of("a"), List.copyOf(read.entries().keySet()));
    assertArrayEquals(new float[] {6, 8, 2, 2}, read.entries().get("a").sums());
    assertArrayEquals(new long[] {2}, read.entries().get("a").counts());
    assertEquals(List.of(), read.datasets());
  }

  @Test
  void sumsThatAreNoneAreRefused() throws IOException {
    for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      Path file = folder.resolve(bad + ".gguf");
      sums("x", new float[] {1, bad}, 1).write(file, ImatrixFormat.GGUF, OverwritePolicy.FAIL);
      FormatException e =
          assertThrows(FormatException.class, () -> ActivationSums.read(file, AS_STORED));
      assertEquals(
          file + ": a sum of 'x' is " + bad + ", expected a finite number of at least 0",
          e.getMessage());
    }
    Path file = folder.resolve("count.gguf");
    sums("x", new float[] {1}, -3).write(file, ImatrixFormat.GGUF, OverwritePolicy.FAIL);
    assertTrue(
        assertThrows(FormatException.class, () -> ActivationSums.read(file, AS_STORED))
            .getMessage()
            .contains("a count of 'x' is "));
  }

  /// Figures that `llama-imatrix --show-statistics` prints for this file.
  @Test
  void statisticsAreLlamaImatrixs() throws IOException {
    ImatrixStatistics statistics =
        ImatrixStatistics.of(ActivationSums.read(reference("imatrix.gguf"), AS_STORED));
    assertEquals(28, statistics.tensors().size());
    ImatrixStatistics.OfTensor first = statistics.tensors().getFirst();
    assertEquals("blk.3.attn_k.weight", first.tensor());
    assertEquals(OptionalInt.of(3), first.layer());
    assertEquals("attn_k", first.kind());
    assertEquals(219.90, first.total(), 0.01);
    assertEquals(0.2035, first.min(), 1e-4);
    assertEquals(19.7011, first.max(), 1e-4);
    assertEquals(0.86, first.mean(), 0.01);
    assertEquals(1.62, first.deviation(), 0.01);
    assertEquals(1, first.active());
    assertEquals(256, first.columns());
    assertEquals(7.2357, first.entropy(), 1e-4);
    assertEquals(0.9045, first.evenness(), 1e-4);
    assertEquals(0.0352, first.outliers(), 1e-4);
    assertEquals(0.9906, first.similarity().orElseThrow(), 1e-4);
    assertEquals(Optional.empty(), statistics.tensors().get(3).similarity(), "the first layer's");
    assertEquals("blk.3.attn_output.weight", statistics.tensors().get(4).tensor());
    assertEquals(List.of(0, 1, 2, 3), statistics.layers().stream().map(l -> l.layer()).toList());
  }

  @Test
  void expertsWithoutDataDoNotCountInStatistics() {
    ImatrixStatistics statistics =
        ImatrixStatistics.of(sums("blk.0.ffn_up_exps.weight", new float[] {4, 8, 0, 0}, 2, 0));
    ImatrixStatistics.OfTensor tensor = statistics.tensors().getFirst();
    assertEquals(2, tensor.columns());
    assertEquals(6, tensor.total());
    assertEquals(2, tensor.min());
    assertEquals(
        List.of(), ImatrixStatistics.of(sums("x", new float[] {0}, 0)).tensors(), "no data at all");
  }
}
