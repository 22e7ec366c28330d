package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorPipelineTest {
  /// More than one chunk, and not a whole number of them.
  private static final int ROWS = 1500;

  private static final int ROW_LENGTH = 512;

  private final MemoryModel model =
      MemoryModel.llama(1)
          .addRandom("big.weight", new Random(1), ROWS, ROW_LENGTH)
          .addRandom("empty.weight", new Random(2), 0, ROW_LENGTH)
          .addRandom("experts.weight", new Random(3), 3, 700, ROW_LENGTH)
          .addRandom("norm.weight", new Random(4), 300);

  private static TensorTask task(MemoryModel model, String name, TensorType type) {
    TensorInfo source = model.find(name).orElseThrow();
    return TensorTask.of(source, target(source, type));
  }

  private static TensorInfo target(TensorInfo source, TensorType type) {
    return new TensorInfo(new TensorSpec(source.name(), type, source.shape()), 0);
  }

  /// Collects what is written, and fails if a byte is written twice.
  private static final class Collector implements TensorSink {
    private final Map<String, byte[]> tensors = new HashMap<>();
    private final Map<String, Long> written = new HashMap<>();

    Collector(List<TensorTask> tasks) {
      for (TensorTask task : tasks) {
        tensors.put(task.target().name(), new byte[(int) task.target().bytes()]);
      }
    }

    @Override
    public synchronized void write(TensorInfo tensor, long offset, MemorySegment bytes) {
      byte[] all = tensors.get(tensor.name());
      MemorySegment.ofArray(all).asSlice(offset, bytes.byteSize()).copyFrom(bytes);
      written.merge(tensor.name(), bytes.byteSize(), Long::sum);
    }

    byte[] whole(String name) {
      byte[] bytes = tensors.get(name);
      assertEquals(bytes.length, written.getOrDefault(name, 0L));
      return bytes;
    }
  }

  private static byte[] quantizedAtOnce(
      float[] values, int rowLength, Importance importance, TensorType type) {
    byte[] bytes = new byte[(int) type.byteSize(values.length)];
    Codecs.of(type)
        .orElseThrow()
        .quantize(
            values,
            values.length / rowLength,
            rowLength,
            importance,
            MemorySegment.ofArray(bytes),
            0);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void bytesDoNotDependOnChunksAndThreads(int threads) throws Exception {
    List<TensorTask> tasks =
        List.of(
            task(model, "empty.weight", TensorType.Q4_K),
            task(model, "big.weight", TensorType.Q4_K),
            task(model, "empty.weight", TensorType.F32),
            task(model, "experts.weight", TensorType.Q8_0),
            task(model, "norm.weight", TensorType.F32));
    Collector collector = new Collector(tasks);
    AtomicLong progress = new AtomicLong();
    new TensorPipeline(Resources.ofThreads(threads))
        .run(
            model,
            tasks,
            collector,
            new ProgressListener() {
              @Override
              public void started(String task, long units, String unit) {
                progress.addAndGet(-units);
              }

              @Override
              public void advanced(long units) {
                progress.addAndGet(units);
              }

              @Override
              public void finished() {}
            });
    assertArrayEquals(
        quantizedAtOnce(model.floats("big.weight"), ROW_LENGTH, Importance.NONE, TensorType.Q4_K),
        collector.whole("big.weight"));
    assertArrayEquals(
        quantizedAtOnce(
            model.floats("experts.weight"), ROW_LENGTH, Importance.NONE, TensorType.Q8_0),
        collector.whole("experts.weight"));
    assertArrayEquals(
        model.bytes("norm.weight").toArray(java.lang.foreign.ValueLayout.JAVA_BYTE),
        collector.whole("norm.weight"));
    assertEquals(0, progress.get());
  }

  @Test
  void eachMatrixOfAStackHasItsOwnImportance() throws Exception {
    TensorInfo source = model.find("experts.weight").orElseThrow();
    List<Importance> importance =
        List.of(columns(1, 5), columns(9, 2), new Importance.Columns(new float[ROW_LENGTH]));
    TensorTask task = new TensorTask(source, target(source, TensorType.Q4_0), importance);
    Collector collector = new Collector(List.of(task));
    new TensorPipeline(Resources.ofThreads(3))
        .run(model, List.of(task), collector, ProgressListener.NONE);
    float[] values = model.floats("experts.weight");
    byte[] expected = new byte[(int) task.target().bytes()];
    int matrix = values.length / 3;
    for (int i = 0; i < 3; i++) {
      float[] one = java.util.Arrays.copyOfRange(values, i * matrix, (i + 1) * matrix);
      byte[] bytes = quantizedAtOnce(one, ROW_LENGTH, importance.get(i), TensorType.Q4_0);
      System.arraycopy(bytes, 0, expected, i * bytes.length, bytes.length);
    }
    assertArrayEquals(expected, collector.whole("experts.weight"));
  }

  private static Importance columns(float even, float odd) {
    float[] weights = new float[ROW_LENGTH];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = i % 2 == 0 ? even : odd;
    }
    return new Importance.Columns(weights);
  }

  @Test
  void aQuantizedSourceIsDequantized() throws Exception {
    byte[] blocks =
        quantizedAtOnce(model.floats("norm.weight"), 32, Importance.NONE, TensorType.BF16);
    MemoryModel half = MemoryModel.llama(1).add("w.weight", TensorType.BF16, 2, 150);
    half.bytes("w.weight").copyFrom(MemorySegment.ofArray(blocks));
    TensorTask task = task(half, "w.weight", TensorType.F32);
    Collector collector = new Collector(List.of(task));
    new TensorPipeline(Resources.ofThreads(1))
        .run(half, List.of(task), collector, ProgressListener.NONE);
    float[] expected = new float[300];
    Codecs.of(TensorType.BF16)
        .orElseThrow()
        .dequantize(MemorySegment.ofArray(blocks), 0, expected, 0, 300);
    assertArrayEquals(
        quantizedAtOnce(expected, 150, Importance.NONE, TensorType.F32),
        collector.whole("w.weight"));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesThatAreNotFiniteAreNamed(float value) {
    model.set("big.weight", 1234L * ROW_LENGTH + 56, value);
    for (TensorType type : List.of(TensorType.F32, TensorType.BF16, TensorType.Q6_K)) {
      assertEquals(
          "memory.gguf: tensor 'big.weight', row 1234, column 56: "
              + value
              + ", expected a finite number that "
              + type
              + " can hold (such values in the tensor: 1); to continue anyway, give --nonfinite zero",
          failure("big.weight", type));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "Q8_0"})
  void copiesAreCheckedToTheirLastValue(TensorType type) throws Exception {
    // Rows of a number of bytes that is no multiple of a machine word's.
    int rowLength = type.isQuantized() ? 32 : 33;
    MemoryModel source = MemoryModel.llama(1).add("w.weight", type, 5001, rowLength);
    TensorTask task = task(source, "w.weight", type);
    Collector collector = new Collector(List.of(task));
    new TensorPipeline(Resources.ofThreads(2))
        .run(source, List.of(task), collector, ProgressListener.NONE);
    assertEquals(source.bytes("w.weight").byteSize(), collector.whole("w.weight").length);

    MemorySegment last = source.bytes("w.weight");
    last = last.asSlice(last.byteSize() - type.blockBytes());
    float[] block = new float[type.blockSize()];
    if (type.isQuantized()) {
      last.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 1, (byte) 0x7c); // infinite scale
    } else {
      block[0] = Float.NEGATIVE_INFINITY;
      Codecs.of(type).orElseThrow().quantize(block, 1, 1, Importance.NONE, last, 0);
    }
    TensorPipeline pipeline = new TensorPipeline(Resources.ofThreads(2));
    FormatException refused =
        assertThrows(
            FormatException.class,
            () ->
                pipeline.run(
                    source, List.of(task), new Collector(List.of(task)), ProgressListener.NONE));
    assertTrue(refused.getMessage().contains("row 5000, column"), refused.getMessage());
    Collector zeroed = new Collector(List.of(task));
    pipeline.with(NonfiniteValues.ZERO).run(source, List.of(task), zeroed, ProgressListener.NONE);
    assertArrayEquals(new byte[zeroed.whole("w.weight").length], zeroed.whole("w.weight"));
  }

  @Test
  void valuesBeyondTheTargetsRangeAreNamed() throws Exception {
    model.set("big.weight", 3, -65519);
    run("big.weight", TensorType.F16);
    model.set("big.weight", 3, -65520);
    assertTrue(
        failure("big.weight", TensorType.F16).contains("row 0, column 3: -65520.0"),
        "rounds to infinity in F16");
    run("big.weight", TensorType.BF16);
    model.set("big.weight", 3, Float.MAX_VALUE);
    assertTrue(failure("big.weight", TensorType.BF16).contains("column 3: 3.4028235E38"));
    run("big.weight", TensorType.F32);
  }

  @Test
  void scalesBeyondF16AreAnError() throws Exception {
    model.set("big.weight", 600, 65504f * 127);
    run("big.weight", TensorType.Q8_0);
    model.set("big.weight", 600, 65536f * 127);
    assertTrue(failure("big.weight", TensorType.Q8_0).contains("row 1, column"));
  }

  private void run(String tensor, TensorType type) throws IOException, InterruptedException {
    List<TensorTask> tasks = List.of(task(model, tensor, type));
    new TensorPipeline(Resources.ofThreads(2))
        .run(model, tasks, new Collector(tasks), ProgressListener.NONE);
  }

  private String failure(String tensor, TensorType type) {
    return assertThrows(FormatException.class, () -> run(tensor, type)).getMessage();
  }

  @Test
  void whatIsThereAlreadyIsNotComputedAgain() throws Exception {
    List<TensorTask> tasks = List.of(task(model, "big.weight", TensorType.Q8_0));
    AtomicLong writtenBytes = new AtomicLong();
    AtomicLong offeredBytes = new AtomicLong();
    TensorSink secondHalf =
        new TensorSink() {
          @Override
          public void write(TensorInfo tensor, long offset, MemorySegment bytes) {
            assertTrue(offset >= tensor.bytes() / 2, "is there already");
            writtenBytes.addAndGet(bytes.byteSize());
          }

          @Override
          public boolean has(TensorInfo tensor, long offset, long bytes) {
            boolean there = offset < tensor.bytes() / 2;
            offeredBytes.addAndGet(there ? bytes : 0);
            return there;
          }
        };
    new TensorPipeline(Resources.ofThreads(3)).run(model, tasks, secondHalf, ProgressListener.NONE);
    assertTrue(offeredBytes.get() > 0 && writtenBytes.get() > 0);
    assertEquals(tasks.getFirst().target().bytes(), offeredBytes.get() + writtenBytes.get());
  }

  @Test
  void theFirstFailureStopsAllAndIsThrownOnce() {
    List<TensorTask> tasks = List.of(task(model, "big.weight", TensorType.Q8_0));
    IOException fault = new IOException("disk full");
    AtomicInteger calls = new AtomicInteger();
    TensorSink sink =
        (_, _, _) -> {
          calls.incrementAndGet();
          throw fault;
        };
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                new TensorPipeline(Resources.ofThreads(1))
                    .run(model, tasks, sink, ProgressListener.NONE));
    assertSame(fault, thrown);
    assertEquals(1, calls.get());
  }

  @Test
  void errorsOfAWorkerReachTheCaller() {
    List<TensorTask> tasks = List.of(task(model, "big.weight", TensorType.Q8_0));
    TensorSink sink =
        (_, _, _) -> {
          throw new OutOfMemoryError("test");
        };
    assertThrows(
        OutOfMemoryError.class,
        () ->
            new TensorPipeline(Resources.ofThreads(4))
                .run(model, tasks, sink, ProgressListener.NONE));
  }

  @Test
  void anInterruptStopsTheWorkersBeforeItIsThrown() throws Exception {
    List<TensorTask> tasks = List.of(task(model, "experts.weight", TensorType.Q8_0));
    CountDownLatch firstWrite = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger writes = new AtomicInteger();
    AtomicInteger writesAtReturn = new AtomicInteger(-1);
    TensorSink sink =
        (_, _, _) -> {
          firstWrite.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          writes.incrementAndGet();
        };
    Thread caller =
        new Thread(() -> {
          try {
            new TensorPipeline(Resources.ofThreads(1))
                .run(model, tasks, sink, ProgressListener.NONE);
          } catch (InterruptedException _) {
            writesAtReturn.set(writes.get());
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
    caller.start();
    firstWrite.await();
    caller.interrupt();
    while (caller.isInterrupted()) {
      Thread.onSpinWait();
    }
    // The flag is cleared just before the workers are told to stop.
    Thread.sleep(100);
    release.countDown();
    caller.join();
    assertEquals(1, writesAtReturn.get());
  }

  @Test
  void tooLittleMemoryMeansFewerWorkersButNotLess() throws Exception {
    List<TensorTask> tasks = List.of(task(model, "big.weight", TensorType.Q8_0));
    long forOne = Resources.ofThreads(1).shareOf(tasks).bytes();
    AtomicInteger atOnce = new AtomicInteger();
    TensorSink sink =
        (_, _, _) -> {
          assertEquals(1, atOnce.incrementAndGet());
          Thread.onSpinWait();
          atOnce.decrementAndGet();
        };
    new TensorPipeline(new Resources(8, forOne)).run(model, tasks, sink, ProgressListener.NONE);
    assertEquals(
        new Resources.Share(3, 3 * forOne, forOne),
        new Resources(8, 4 * forOne - 1).shareOf(tasks),
        "as many workers as have room");
    TensorPipeline tooSmall = new TensorPipeline(new Resources(8, forOne - 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> tooSmall.run(model, tasks, sink, ProgressListener.NONE));
  }
}
