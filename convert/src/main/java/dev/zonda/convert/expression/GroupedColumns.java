package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/// Numbers of a few bits in words of 32, of a matrix that lies transposed: the words' columns are
/// this one's rows. Each group of this one's columns has a zero and a scale per row, `(number -
/// zero) * scale` in single precision.
///
/// @param words of the numbers: (inputs, outputs), one of the two divided by numbers per word
/// @param zeros words: (groups, outputs / numbers per word)
/// @param scales (groups, outputs)
/// @param groups the group of each input; inputs in equal runs, without
/// @param packing how numbers lie in words
/// @param shape (outputs, inputs)
public record GroupedColumns(
    Expression words,
    Expression zeros,
    Expression scales,
    Optional<Expression> groups,
    Packing packing,
    Shape shape)
    implements Expression {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Rows that are computed at a time, whose zeros and scales are held.
  private static final int BATCH = 64;

  /// Most bytes of words that are held at a time.
  private static final int TILE_BYTES = 1 << 20;

  /// How numbers lie in words.
  ///
  /// @param bits of a number: 2, 4 or 8
  /// @param direction what a word's numbers are neighbours in
  /// @param zeroOffset what is added to stored zeros
  public record Packing(int bits, Direction direction, int zeroOffset) {
    public Packing {
      if (bits != 2 && bits != 4 && bits != 8) {
        throw new IllegalArgumentException(bits + " bits");
      }
    }

    /// Numbers in a word.
    public int perWord() {
      return Integer.SIZE / bits;
    }

    private int number(int word, int index) {
      return (word >>> (bits * index)) & ((1 << bits) - 1);
    }

    /// Where in a word the number of an output is.
    private int place(long output) {
      int place = (int) (output % perWord());
      // The even ones come first.
      return direction == Direction.INPUTS ? place : place / 2 + place % 2 * (perWord() / 2);
    }
  }

  /// What the numbers of a word are neighbours in.
  public enum Direction {
    /// Numbers of a word are of one output; zeros of outputs lie in order (GPTQ).
    INPUTS,
    /// Numbers of a word are of one input, those of even outputs first (AWQ).
    OUTPUTS
  }

  public GroupedColumns {
    int perWord = packing.perWord();
    boolean byInputs = packing.direction() == Direction.INPUTS;
    boolean fits =
        words.type() == TensorType.I32
            && zeros.type() == TensorType.I32
            && words.shape().rank() == 2
            && shape.rank() == 2
            && zeros.shape().rank() == 2
            && scales.shape().rank() == 2;
    if (fits) {
      long outputs = shape.dimension(0);
      long inputs = shape.dimension(1);
      long count = scales.shape().dimension(0);
      fits =
          outputs > 0
              && inputs > 0
              && count > 0
              && outputs % perWord == 0
              && inputs % (byInputs ? perWord : 1) == 0
              && words
                  .shape()
                  .equals(
                      byInputs
                          ? Shape.of(inputs / perWord, outputs)
                          : Shape.of(inputs, outputs / perWord))
              && zeros.shape().equals(Shape.of(count, outputs / perWord))
              && scales.shape().dimension(1) == outputs
              && (groups.isPresent() || inputs % count == 0)
              && groups.stream()
                  .allMatch(index ->
                      index.type() == TensorType.I32 && index.shape().equals(Shape.of(inputs)));
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "%s, %s and %s are not %s"
              .formatted(words.shape(), zeros.shape(), scales.shape(), shape));
    }
    scales = scales.as(TensorType.F32);
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    int[] groupOf = groupOf();
    for (long done = 0; done < count; done += BATCH) {
      int here = (int) Math.min(BATCH, count - done);
      MemorySegment target = scratch.asSlice(done * rowBytes(), here * rowBytes());
      compute(first + done, here, groupOf, target);
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private int[] groupOf() {
    int inputs = Math.toIntExact(shape.rowLength());
    int[] all = new int[inputs];
    if (groups.isPresent()) {
      MemorySegment own =
          MemorySegment.ofArray(new byte[Math.multiplyExact(inputs, Integer.BYTES)]);
      MemorySegment.copy(groups.get().rows(0, 1, own), INT, 0, all, 0, inputs);
    } else {
      long run = inputs / scales.shape().dimension(0);
      for (int i = 0; i < inputs; i++) {
        all[i] = (int) (i / run);
      }
    }
    return all;
  }

  private void compute(long first, int count, int[] groupOf, MemorySegment target) {
    int groupCount = Math.toIntExact(scales.shape().dimension(0));
    int[] zero = new int[Math.multiplyExact(groupCount, count)];
    float[] scale = new float[zero.length];
    readGroups(first, count, zero, scale);
    int tile = (int) Math.clamp(TILE_BYTES / words.rowBytes(), 1, words.shape().dimension(0));
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(tile * words.rowBytes())]);
    for (long from = 0; from < words.shape().dimension(0); from += tile) {
      int rows = (int) Math.min(tile, words.shape().dimension(0) - from);
      MemorySegment read = words.rows(from, rows, own);
      for (int row = 0; row < rows; row++) {
        MemorySegment line = read.asSlice(row * words.rowBytes(), words.rowBytes());
        if (packing.direction() == Direction.INPUTS) {
          inputs(line, from + row, first, count, groupOf, zero, scale, target);
        } else {
          input(line, from + row, first, count, groupOf, zero, scale, target);
        }
      }
    }
  }

  private void readGroups(long first, int count, int[] zero, float[] scale) {
    MemorySegment ownZeros = MemorySegment.ofArray(new byte[Math.toIntExact(zeros.rowBytes())]);
    MemorySegment ownScales = MemorySegment.ofArray(new byte[Math.toIntExact(scales.rowBytes())]);
    int groupCount = Math.toIntExact(scales.shape().dimension(0));
    for (int group = 0; group < groupCount; group++) {
      MemorySegment zeroWords = zeros.rows(group, 1, ownZeros);
      MemorySegment factors = scales.rows(group, 1, ownScales);
      MemorySegment.copy(factors, FLOAT, first * Float.BYTES, scale, group * count, count);
      for (int i = 0; i < count; i++) {
        long output = first + i;
        int word = zeroWords.get(INT, output / packing.perWord() * Integer.BYTES);
        zero[group * count + i] =
            packing.number(word, packing.place(output)) + packing.zeroOffset();
      }
    }
  }

  /// A line of words that hold several inputs each.
  private void inputs(
      MemorySegment line,
      long row,
      long first,
      int count,
      int[] groupOf,
      int[] zero,
      float[] scale,
      MemorySegment target) {
    int perWord = packing.perWord();
    for (int i = 0; i < count; i++) {
      int word = line.get(INT, (first + i) * Integer.BYTES);
      long at = i * rowBytes() + row * perWord * Float.BYTES;
      for (int k = 0; k < perWord; k++) {
        int group = groupOf[(int) row * perWord + k] * count + i;
        float value = scale[group] * (packing.number(word, k) - zero[group]);
        target.set(FLOAT, at + (long) k * Float.BYTES, value);
      }
    }
  }

  /// A line of words of one input.
  private void input(
      MemorySegment line,
      long row,
      long first,
      int count,
      int[] groupOf,
      int[] zero,
      float[] scale,
      MemorySegment target) {
    for (int i = 0; i < count; i++) {
      long output = first + i;
      int word = line.get(INT, output / packing.perWord() * Integer.BYTES);
      int group = groupOf[(int) row] * count + i;
      int number = packing.number(word, packing.place(output));
      target.set(FLOAT, i * rowBytes() + row * Float.BYTES, scale[group] * (number - zero[group]));
    }
  }
}
