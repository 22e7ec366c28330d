package dev.zonda.convert.expression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Each expression against plain loops over arrays, read in pieces of every length.
class ExpressionTest {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Test
  void transposesEveryMatrixOfAStack() {
    int matrices = 3;
    int rows = 5;
    int columns = 7;
    Expression source = numbers(matrices, rows, columns);
    float[] expected = new float[matrices * rows * columns];
    for (int m = 0; m < matrices; m++) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          expected[(m * columns + c) * rows + r] = (m * rows + r) * columns + c;
        }
      }
    }
    assertValues(expected, new Transpose(source), matrices, columns, rows);
    assertValues(expected, new Transpose(source.as(TensorType.F16)), matrices, columns, rows);
    assertValues(expected, new Transpose(source.as(TensorType.BF16)), matrices, columns, rows);
  }

  @Test
  void exponentialsAreTheNearestFloats() {
    float[] expected = new float[12];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (float) -Math.exp(i);
    }
    assertValues(expected, new NegativeExponential(numbers(3, 4)), 3, 4);
    assertValues(expected, new NegativeExponential(numbers(3, 4).as(TensorType.F16)), 3, 4);
  }

  @Test
  void takesTheMeanOff() {
    float[] expected = new float[12];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = i - 5.5f;
    }
    assertValues(expected, new Centered(numbers(3, 4)), 3, 4);
    assertValues(expected, new Centered(numbers(3, 4).as(TensorType.F16)), 3, 4);
    assertValues(expected, new Centered(numbers(3, 4).as(TensorType.BF16)), 3, 4);
  }

  @Test
  void multipliesEveryValue() {
    float[] expected = new float[12];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = i * 0.1f;
    }
    assertValues(expected, new Multiple(numbers(3, 4), 0.1f), 3, 4);
    assertValues(expected, new Multiple(numbers(3, 4).as(TensorType.BF16), 0.1f), 3, 4);
  }

  @Test
  void dividesRowsByTheirLengths() {
    // Rows of 0, 1, 2 and of 3, 4, 5: the squares add up to 5 and 50.
    float[] expected = new float[6];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (float) (i / Math.sqrt(i < 3 ? 5 : 50));
    }
    assertValues(expected, new UnitRows(numbers(2, 3)), 2, 3);
    assertValues(new float[1], new UnitRows(numbers(1, 1)), 1, 1);
  }

  @Test
  void transposesMatricesLargerThanATile() {
    int rows = 700;
    int columns = 600;
    float[] expected = new float[rows * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        expected[c * rows + r] = r * columns + c;
      }
    }
    Expression transposed = new Transpose(numbers(rows, columns));
    assertArrayEquals(expected, read(transposed, 256));
    assertArrayEquals(expected, read(transposed.as(TensorType.F32), 599));
  }

  /// A file that holds values in another order brings them into order in the caller's memory.
  @Test
  void widensValuesThatAreGatheredFirst() {
    int rows = 200;
    int columns = 96;
    TensorInfo tensor =
        new TensorInfo(new TensorSpec("x", TensorType.F16, Shape.of(rows, columns)), 0);
    float[] expected = new float[rows * columns];
    byte[] stored = new byte[Short.BYTES * expected.length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = i % 2048;
      MemorySegment.ofArray(stored)
          .set(SHORT, (long) i * Short.BYTES, Float.floatToFloat16(expected[i]));
    }
    Expression wide = new Load(new Gathering(tensor, stored), tensor).as(TensorType.F32);
    assertArrayEquals(expected, read(wide, rows));
    assertArrayEquals(expected, read(wide, 7));
  }

  /// A checkpoint of one tensor whose values are copied whenever they are asked for.
  @SuppressWarnings("ArrayRecordComponent") // Is never compared.
  private record Gathering(TensorInfo tensor, byte[] stored) implements Checkpoint {
    @Override
    public Path path() {
      return Path.of("gathering");
    }

    @Override
    public String format() {
      return "test";
    }

    @Override
    public Metadata metadata() {
      return Metadata.empty();
    }

    @Override
    public List<TensorInfo> tensors() {
      return List.of(tensor);
    }

    @Override
    public Optional<TensorInfo> find(String name) {
      return Optional.of(tensor);
    }

    @Override
    public MemorySegment data(TensorInfo info) {
      return MemorySegment.ofArray(stored.clone());
    }

    @Override
    public MemorySegment data(TensorInfo info, long offset, long length, MemorySegment scratch) {
      MemorySegment target = scratch.asSlice(0, length);
      return target.copyFrom(MemorySegment.ofArray(stored).asSlice(offset, length));
    }

    @Override
    public void close() {}
  }

  @Test
  void turnsHeadsToNeighbouringPairs() {
    int heads = 2;
    int head = 6;
    int columns = 3;
    float[] expected = new float[heads * head * columns];
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < head / 2; i++) {
        for (int side = 0; side < 2; side++) {
          int from = h * head + side * head / 2 + i;
          for (int c = 0; c < columns; c++) {
            expected[(h * head + 2 * i + side) * columns + c] = from * columns + c;
          }
        }
      }
    }
    RowOrder order = RowOrder.rotaryPairs(12, heads);
    assertValues(expected, SelectRows.of(numbers(12, 3), order), 12, 3);
    float[] bias = {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11};
    assertValues(bias, SelectRows.of(numbers(12), order), 12);
  }

  @Test
  void selectsAPartOfEachGroupAndJoinsParts() {
    Expression source = numbers(12, 2);
    Expression tails = SelectRows.of(source, RowOrder.part(3, 4, 3, 1));
    Expression heads = SelectRows.of(source, RowOrder.part(3, 4, 0, 2));
    assertValues(new float[] {6, 7, 14, 15, 22, 23}, tails, 3, 2);
    assertValues(
        new float[] {6, 7, 14, 15, 22, 23, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19},
        JoinRows.concatenate(List.of(tails, heads)),
        9,
        2);
    Expression bias = numbers(12);
    assertValues(
        new float[] {3, 7, 11, 0, 1, 4, 5, 8, 9},
        JoinRows.concatenate(
            List.of(
                SelectRows.of(bias, RowOrder.part(3, 4, 3, 1)),
                SelectRows.of(bias, RowOrder.part(3, 4, 0, 2)))),
        9);
  }

  @Test
  void stacksAndMeetsInSinglePrecisionWhereTypesDiffer() {
    Expression stack = JoinRows.stack(List.of(numbers(2, 2), numbers(2, 2).as(TensorType.F16)));
    assertEquals(TensorType.F32, stack.type());
    assertValues(new float[] {0, 1, 2, 3, 0, 1, 2, 3}, stack, 2, 2, 2);
    Expression halves =
        JoinRows.stack(List.of(numbers(2).as(TensorType.F16), numbers(2).as(TensorType.F16)));
    assertEquals(TensorType.F16, halves.type());
  }

  @Test
  void shiftsInSinglePrecision() {
    Expression thirds = new Constant(List.of(1 / 3f, -1f, 1000.4f));
    assertValues(new float[] {1 / 3f + 1, 0, 1000.4f + 1}, new Shift(thirds, 1), 3);
    float third = Float.float16ToFloat(Float.floatToFloat16(1 / 3f));
    Expression half = new Shift(thirds.as(TensorType.F16), 1);
    assertEquals(TensorType.F32, half.type());
    assertEquals(third + 1, read(half, 1)[0]);
    assertEquals(TensorType.F32, new Shift(thirds.as(TensorType.BF16), 1).type());
  }

  @Test
  void refusesWhatDoesNotFit() {
    Expression source = numbers(6, 2);
    assertThrows(IllegalArgumentException.class, () -> RowOrder.rotaryPairs(6, 2));
    assertThrows(IllegalArgumentException.class, () -> RowOrder.part(2, 3, 2, 2));
    assertThrows(
        IllegalArgumentException.class, () -> SelectRows.of(source, RowOrder.part(3, 3, 0, 3)));
    assertThrows(IllegalArgumentException.class, () -> source.reshaped(5, 2));
    assertThrows(IllegalArgumentException.class, () -> new Transpose(numbers(4)));
    assertThrows(
        IllegalArgumentException.class, () -> JoinRows.concatenate(List.of(source, numbers(2, 3))));
  }

  /// 0, 1, 2, … in a shape.
  private static Expression numbers(long... dimensions) {
    List<Float> values = new ArrayList<>();
    int count = Math.toIntExact(Shape.of(dimensions).elements());
    IntStream.range(0, count).forEach(i -> values.add((float) i));
    return new Constant(values).reshaped(dimensions);
  }

  private static void assertValues(float[] expected, Expression actual, long... dimensions) {
    assertArrayEquals(dimensions, actual.shape().toArray());
    Expression single = actual.as(TensorType.F32);
    for (int rows = 1; rows <= actual.shape().rows(); rows++) {
      assertArrayEquals(expected, read(single, rows), rows + " rows at a time");
    }
  }

  private static float[] read(Expression expression, long step) {
    long rows = expression.shape().rows();
    int length = Math.toIntExact(expression.shape().rowLength());
    float[] values = new float[Math.toIntExact(expression.shape().elements())];
    for (long row = 0; row < rows; row += step) {
      long count = Math.min(step, rows - row);
      MemorySegment scratch =
          MemorySegment.ofArray(new byte[Math.toIntExact(count * expression.rowBytes())]);
      MemorySegment got = expression.rows(row, count, scratch);
      assertEquals(scratch.byteSize(), got.byteSize());
      for (int i = 0; i < count * length; i++) {
        values[(int) row * length + i] = got.get(FLOAT, (long) i * Float.BYTES);
      }
    }
    return values;
  }
}
