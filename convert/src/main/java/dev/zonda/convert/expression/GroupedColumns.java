package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/// Numbers of a few bits in words of 32 bits. The matrix is stored transposed: the words' columns
/// are this matrix's rows. Each group of this matrix's columns has a zero and a scale per row,
/// `(number - zero) * scale` in single precision.
///
/// @param words of the numbers: (inputs, outputs), one of the two in words
/// @param zeros words: (groups, outputs in words)
/// @param scales (groups, outputs)
/// @param groups the group of each input; if empty, groups are equal runs of inputs
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
  /// @param bits of a number: 2, 3, 4 or 8; those of outputs never 3
  /// @param direction what a word's numbers are neighbours in
  /// @param zeroOffset what is added to stored zeros
  public record Packing(int bits, Direction direction, int zeroOffset) {
    public Packing {
      boolean isKnown = bits == 2 || bits == 4 || bits == 8;
      if (!isKnown && (bits != 3 || direction != Direction.INPUTS)) {
        throw new IllegalArgumentException(bits + " bits");
      }
    }

    /// How many words it takes until a number begins with a word again.
    private int period() {
      return bits == 3 ? 3 : 1;
    }

    /// How many numbers these words hold.
    private int perPeriod() {
      return period() * Integer.SIZE / bits;
    }

    /// How many numbers there are in a number of words.
    ///
    /// @throws IllegalArgumentException if one of them is cut
    public long numbers(long words) {
      if (words % period() != 0) {
        throw new IllegalArgumentException(words + " words cut a number of " + bits + " bits");
      }
      return Math.multiplyExact(words / period(), (long) perPeriod());
    }

    private boolean isWhole(long numbers) {
      return numbers > 0 && numbers % perPeriod() == 0;
    }

    /// Where the number of an output is among those of its words.
    private int place(int output) {
      int half = perPeriod() / 2;
      // The even ones come first.
      return direction == Direction.INPUTS
          ? output
          : output / perPeriod() * perPeriod() + output % perPeriod() / 2 + output % 2 * half;
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
              && packing.isWhole(outputs)
              && (packing.isWhole(inputs) || !byInputs)
              && words
                  .shape()
                  .equals(
                      byInputs
                          ? Shape.of(BitRun.words(inputs, packing.bits()), outputs)
                          : Shape.of(inputs, BitRun.words(outputs, packing.bits())))
              && zeros.shape().equals(Shape.of(count, BitRun.words(outputs, packing.bits())))
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
    long lines = words.shape().dimension(0);
    int step = packing.direction() == Direction.INPUTS ? packing.period() : 1;
    int tile = (int) Math.clamp(TILE_BYTES / words.rowBytes() / step * step, step, lines);
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(tile * words.rowBytes())]);
    for (long from = 0; from < lines; from += tile) {
      int rows = (int) Math.min(tile, lines - from);
      MemorySegment read = words.rows(from, rows, own);
      for (int row = 0; row < rows; row += step) {
        MemorySegment line = read.asSlice(row * words.rowBytes(), step * words.rowBytes());
        if (packing.direction() == Direction.INPUTS) {
          inputs(line, (from + row) / step, first, count, groupOf, zero, scale, target);
        } else {
          input(line, from + row, first, count, groupOf, zero, scale, target);
        }
      }
    }
  }

  private void readGroups(long first, int count, int[] zero, float[] scale) {
    MemorySegment ownZeros = MemorySegment.ofArray(new byte[Math.toIntExact(zeros.rowBytes())]);
    MemorySegment ownScales = MemorySegment.ofArray(new byte[Math.toIntExact(scales.rowBytes())]);
    int[] zeroWords = new int[Math.toIntExact(zeros.shape().rowLength())];
    int groupCount = Math.toIntExact(scales.shape().dimension(0));
    for (int group = 0; group < groupCount; group++) {
      MemorySegment.copy(zeros.rows(group, 1, ownZeros), INT, 0, zeroWords, 0, zeroWords.length);
      MemorySegment factors = scales.rows(group, 1, ownScales);
      MemorySegment.copy(factors, FLOAT, first * Float.BYTES, scale, group * count, count);
      for (int i = 0; i < count; i++) {
        int place = packing.place(Math.toIntExact(first + i));
        zero[group * count + i] =
            BitRun.number(zeroWords, place, packing.bits()) + packing.zeroOffset();
      }
    }
  }

  /// Lines of words that hold several inputs each.
  ///
  /// @param run which ones, from 0
  private void inputs(
      MemorySegment line,
      long run,
      long first,
      int count,
      int[] groupOf,
      int[] zero,
      float[] scale,
      MemorySegment target) {
    int inputs = packing.perPeriod();
    int[] held = new int[packing.period()];
    for (int i = 0; i < count; i++) {
      for (int word = 0; word < held.length; word++) {
        held[word] = line.get(INT, word * words.rowBytes() + (first + i) * Integer.BYTES);
      }
      long at = i * rowBytes() + run * inputs * Float.BYTES;
      for (int k = 0; k < inputs; k++) {
        int group = groupOf[(int) run * inputs + k] * count + i;
        float value = scale[group] * (BitRun.number(held, k, packing.bits()) - zero[group]);
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
    int[] held = new int[Math.toIntExact(words.shape().rowLength())];
    MemorySegment.copy(line, INT, 0, held, 0, held.length);
    for (int i = 0; i < count; i++) {
      int place = packing.place(Math.toIntExact(first + i));
      int group = groupOf[(int) row] * count + i;
      int number = BitRun.number(held, place, packing.bits());
      target.set(FLOAT, i * rowBytes() + row * Float.BYTES, scale[group] * (number - zero[group]));
    }
  }
}
