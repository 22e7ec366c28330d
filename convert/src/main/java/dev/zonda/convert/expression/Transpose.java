package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The two innermost dimensions exchanged. Rows of the source are read a few at a time, so that
/// memory is bounded whatever its size.
public record Transpose(Expression source) implements Expression {
  /// Most bytes of source rows that are held at a time.
  private static final int TILE_BYTES = 1 << 20;

  /// Rows and columns that are turned at a time: a line of the processor's cache, in 16 bits.
  private static final int TILE = 32;

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  public Transpose {
    if (source.shape().rank() < 2 || source.type().isQuantized()) {
      throw new IllegalArgumentException(source.type() + " " + source.shape() + " is not a matrix");
    }
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public Shape shape() {
    long[] dimensions = source.shape().toArray();
    int last = dimensions.length - 1;
    long inner = dimensions[last];
    dimensions[last] = dimensions[last - 1];
    dimensions[last - 1] = inner;
    return Shape.of(dimensions);
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    long matrixRows = source.shape().rowLength();
    for (long done = 0; done < count; ) {
      long row = (first + done) % matrixRows;
      long here = Math.min(matrixRows - row, count - done);
      MemorySegment target = scratch.asSlice(done * rowBytes(), here * rowBytes());
      transpose((first + done) / matrixRows, row, here, target);
      done += here;
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  /// @param matrix which one of those that lie one after the other
  /// @param column of the source, the first to transpose
  private void transpose(long matrix, long column, long columns, MemorySegment target) {
    long sourceRows = shape().rowLength();
    long most = Math.max(1, TILE_BYTES / Math.max(1, source.rowBytes()));
    int tile = (int) Math.min(sourceRows, Math.min(most, TILE));
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(tile * source.rowBytes())]);
    byte[] read = new byte[tile * TILE * type().blockBytes()];
    byte[] turned = new byte[read.length];
    for (long from = 0; from < sourceRows; from += tile) {
      int rows = (int) Math.min(tile, sourceRows - from);
      MemorySegment in = source.rows(matrix * sourceRows + from, rows, own);
      for (long done = 0; done < columns; done += TILE) {
        int here = (int) Math.min(TILE, columns - done);
        read(in, column + done, rows, here, read);
        turn(read, rows, here, turned);
        write(turned, rows, here, target, done * sourceRows + from);
      }
    }
  }

  /// A few values of each row: what lies in one line of the processor's cache is used at once.
  private void read(MemorySegment in, long column, int rows, int columns, byte[] to) {
    int bytes = type().blockBytes();
    for (int row = 0; row < rows; row++) {
      long at = row * source.rowBytes() + column * bytes;
      MemorySegment.copy(in, ValueLayout.JAVA_BYTE, at, to, row * columns * bytes, columns * bytes);
    }
  }

  private void turn(byte[] from, int rows, int columns, byte[] to) {
    int bytes = type().blockBytes();
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < rows; row++) {
        int in = (row * columns + column) * bytes;
        int out = (column * rows + row) * bytes;
        switch (bytes) {
          case 2 -> SHORT.set(to, out, (short) SHORT.get(from, in));
          case 4 -> INT.set(to, out, (int) INT.get(from, in));
          default -> System.arraycopy(from, in, to, out, bytes);
        }
      }
    }
  }

  /// @param at value of the target where the first column goes
  private void write(byte[] from, int rows, int columns, MemorySegment target, long at) {
    int bytes = type().blockBytes();
    for (int column = 0; column < columns; column++) {
      MemorySegment.copy(
          from,
          column * rows * bytes,
          target,
          ValueLayout.JAVA_BYTE,
          (at + column * shape().rowLength()) * bytes,
          rows * bytes);
    }
  }
}
