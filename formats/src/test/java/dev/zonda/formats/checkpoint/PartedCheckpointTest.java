package dev.zonda.formats.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.TorchWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartedCheckpointTest {
  private static final String ROWS = "layers.0.attention.wq.weight";
  private static final String COLUMNS = "layers.0.attention.wo.weight";

  @TempDir private Path folder;

  @BeforeEach
  void writeParams() throws IOException {
    Files.writeString(folder.resolve("params.json"), "{}");
  }

  /// Every range of values of a tensor, whose values count from 0 in the whole.
  @Test
  void anyRangeOfValuesIsPutTogether() throws IOException {
    write(0, tensor(ROWS, 2, 3, 0, 1, 2, 3, 4, 5), tensor(COLUMNS, 2, 3, 0, 1, 2, 5, 6, 7));
    write(1, tensor(ROWS, 1, 3, 6, 7, 8), tensor(COLUMNS, 2, 2, 3, 4, 8, 9));
    try (CheckpointFolder opened = CheckpointFolder.open(folder)) {
      Checkpoint weights = opened.weights();
      assertEquals(2, weights.files().size());
      assertEquals("PyTorch in 2 parts", weights.format());
      assertEquals(Shape.of(3, 3), weights.find(ROWS).orElseThrow().shape());
      assertEquals(Shape.of(2, 5), weights.find(COLUMNS).orElseThrow().shape());
      for (TensorInfo tensor : weights.tensors()) {
        int count = Math.toIntExact(tensor.shape().elements());
        assertArrayEquals(numbers(0, count), floats(weights.data(tensor)));
        for (int from = 0; from < count; from++) {
          for (int to = from; to <= count; to++) {
            MemorySegment scratch = MemorySegment.ofArray(new byte[4 * (to - from)]);
            MemorySegment data = weights.data(tensor, 4L * from, 4L * (to - from), scratch);
            assertArrayEquals(numbers(from, to), floats(data));
          }
        }
      }
    }
  }

  @Test
  void tensorOfOneFileIsWhole() throws IOException {
    write(0, tensor("anything", 1, 2, 0, 1));
    write(1, tensor("something else", 1, 2, 0, 1));
    try (CheckpointFolder opened = CheckpointFolder.open(folder)) {
      for (TensorInfo tensor : opened.weights().tensors()) {
        assertArrayEquals(numbers(0, 2), floats(opened.weights().data(tensor)));
      }
      assertEquals(2, opened.weights().tensors().size());
    }
  }

  @Test
  void partsThatDoNotFitAreRefused() throws IOException {
    write(0, tensor(ROWS, 1, 2, 0, 1));
    write(1, tensor(ROWS, 2, 1, 0, 1));
    assertMessage("consolidated.01.pth: tensor '" + ROWS + "' is F32 [2, 1], which does not match");
    write(1, tensor(ROWS, 2, 0, 1));
    assertMessage("is F32 [2], which does not match F32 [1, 2]");
    write(1, tensor("other", 1, 2, 0, 1), tensor(ROWS, 1, 2, 0, 1));
    write(2, tensor("other", 1, 2, 0, 1));
    assertMessage("tensor '" + ROWS + "' is in 2 of 3 files");
    write(0, tensor("other", 1, 2, 0, 1));
    write(1, tensor("other", 1, 2, 0, 1));
    assertMessage("does not know how to join its parts");
    Files.delete(folder.resolve("consolidated.00.pth"));
    assertMessage("holds 'consolidated.01.pth', but no 'consolidated.00.*' before it");
  }

  private void write(int number, TorchWriter.Tensor... tensors) throws IOException {
    TorchWriter.write(folder.resolve("consolidated.%02d.pth".formatted(number)), List.of(tensors));
  }

  /// @param numbers rows and columns, then the values; a vector if there is one value less
  private static TorchWriter.Tensor tensor(String name, int... numbers) {
    boolean isVector = numbers.length == numbers[0] + 1;
    int rank = isVector ? 1 : 2;
    List<Long> shape = new ArrayList<>();
    Arrays.stream(numbers).limit(rank).forEach(extent -> shape.add((long) extent));
    byte[] values = new byte[4 * (numbers.length - rank)];
    for (int i = rank; i < numbers.length; i++) {
      MemorySegment.ofArray(values)
          .set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * (i - rank), numbers[i]);
    }
    return new TorchWriter.Tensor(name, "FloatStorage", shape, ByteBuffer.wrap(values));
  }

  private static float[] numbers(int from, int to) {
    float[] numbers = new float[to - from];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = from + i;
    }
    return numbers;
  }

  private static float[] floats(MemorySegment data) {
    float[] floats = new float[Math.toIntExact(data.byteSize() / 4)];
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, floats, 0, floats.length);
    return floats;
  }

  private void assertMessage(String message) {
    FormatException problem =
        assertThrows(FormatException.class, () -> CheckpointFolder.open(folder));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
  }
}
