package dev.zonda.verify.kernels;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Objects;

/// A tensor of a model, or some of its rows, as a matrix whose values are dequantized when they are
/// needed: exactly, as the block format defines them.
public final class WeightMatrix {
  private final GgufModel model;
  private final TensorInfo tensor;
  private final Codec codec;
  private final int firstRow;
  private final int rows;
  private final int columns;

  /// @throws FormatException if the tensor's type cannot be dequantized
  public WeightMatrix(GgufModel model, TensorInfo tensor) throws FormatException {
    this.model = model;
    this.tensor = tensor;
    this.codec =
        Codecs.of(tensor.type())
            .orElseThrow(() ->
                FormatException.in(
                    Path.of(model.name()),
                    "tensor '%s' has type %s, whose values cannot be read"
                        .formatted(tensor.name(), tensor.type())));
    this.firstRow = 0;
    this.rows = Math.toIntExact(tensor.shape().rows());
    this.columns = Math.toIntExact(tensor.shape().rowLength());
  }

  private WeightMatrix(WeightMatrix whole, int firstRow, int rows) {
    this.model = whole.model;
    this.tensor = whole.tensor;
    this.codec = whole.codec;
    this.firstRow = Math.addExact(whole.firstRow, firstRow);
    this.rows = rows;
    this.columns = whole.columns;
  }

  /// Some of the rows: those of one expert, for example.
  public WeightMatrix rows(int first, int count) {
    Objects.checkFromIndexSize(first, count, rows);
    return new WeightMatrix(this, first, count);
  }

  /// The tensor's name.
  public String name() {
    return tensor.name();
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /// Bytes that [#rowBlock] needs as scratch.
  long bytes(int rowCount) {
    return Math.multiplyExact(tensor.rowBytes(), (long) rowCount);
  }

  /// Consecutive rows, still in their blocks.
  MemorySegment rowBlock(int first, int rowCount, MemorySegment scratch) throws IOException {
    return model.rows(tensor, firstRow + first, rowCount, scratch);
  }

  /// Dequantizes part of a row.
  ///
  /// @param rowBlock from [#rowBlock]
  /// @param row in the row block
  /// @param column first column, at the start of a block; so is the one after the last
  void dequantize(
      MemorySegment rowBlock, int row, int column, int count, float[] values, int offset) {
    long at = row * tensor.rowBytes() + tensor.type().byteSize(column);
    codec.dequantize(rowBlock, at, values, offset, count);
  }

  /// Dequantizes one row.
  public void row(int row, float[] values, Scratch scratch) throws IOException {
    MemorySegment block = rowBlock(row, 1, scratch.bytes(bytes(1)));
    codec.dequantize(block, 0, values, 0, columns);
  }

  /// Dequantizes all values of a tensor with few rows, such as a vector.
  public void values(float[] values) throws IOException {
    MemorySegment block = rowBlock(0, rows, new Scratch().bytes(bytes(rows)));
    codec.dequantize(block, 0, values, 0, Math.multiplyExact(rows, columns));
  }
}
