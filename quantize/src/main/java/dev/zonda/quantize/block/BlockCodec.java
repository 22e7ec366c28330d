package dev.zonda.quantize.block;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// What the codecs share: checks, and the way between segments and blocks. Blocks are packed and
/// unpacked in a small byte array; segments are only copied from and to, in long runs.
///
/// A subclass turns values into blocks and back. It has no state: what it needs while it works
/// lives on its stack.
abstract class BlockCodec implements Codec {
  /// Bytes of the array: small enough to stay in the second-level cache with its values, large
  /// enough for many blocks at once.
  private static final int STAGE_BYTES = 1 << 15;

  private final TensorType type;

  BlockCodec(TensorType type) {
    this.type = type;
  }

  /// Quantizes consecutive blocks, without importance weights.
  ///
  /// @param from index in `values` of the first value
  /// @param out receives the blocks from byte 0 on
  abstract void encode(float[] values, int from, int blocks, byte[] out);

  /// Quantizes whole rows with a weight for each column; see [WeightedCodec].
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out) {
    encode(values, from, Math.multiplyExact(rows, rowLength) / type.blockSize(), out);
  }

  /// Dequantizes consecutive blocks, which lie in `in` from byte 0 on.
  abstract void decode(byte[] in, int blocks, float[] values, int offset);

  final int blockBytes() {
    return type.blockBytes();
  }

  @Override
  public final TensorType type() {
    return type;
  }

  @Override
  public final void quantize(
      float[] values, int rows, int rowLength, Importance importance, MemorySegment out, long at) {
    long rowBytes = type.byteSize(rowLength);
    int count = Math.multiplyExact(rows, rowLength);
    Objects.checkFromIndexSize(0, count, values.length);
    Objects.checkFromIndexSize(at, Math.multiplyExact(rows, rowBytes), out.byteSize());
    switch (importance) {
      case Importance.None _ -> {
        if (requiresImportance()) {
          throw new IllegalArgumentException(
              type + " cannot be quantized to without importance weights");
        }
        quantizeBlocks(values, count / type.blockSize(), out, at);
      }
      case Importance.Columns(float[] weights) -> {
        if (weights.length < rowLength) {
          throw new IllegalArgumentException(
              weights.length + " importance weights for " + rowLength + " columns");
        }
        quantizeRows(values, rows, rowLength, weights, out, at);
      }
    }
  }

  private void quantizeBlocks(float[] values, int blocks, MemorySegment out, long at) {
    int atOnce = Math.min(blocks, Math.max(1, STAGE_BYTES / type.blockBytes()));
    byte[] stage = new byte[atOnce * type.blockBytes()];
    for (int block = 0; block < blocks; block += atOnce) {
      int n = Math.min(atOnce, blocks - block);
      encode(values, block * type.blockSize(), n, stage);
      long target = at + (long) block * type.blockBytes();
      MemorySegment.copy(stage, 0, out, JAVA_BYTE, target, n * type.blockBytes());
    }
  }

  private void quantizeRows(
      float[] values, int rows, int rowLength, float[] weights, MemorySegment out, long at) {
    int rowBytes = Math.toIntExact(type.byteSize(rowLength));
    int atOnce = Math.min(rows, Math.max(1, STAGE_BYTES / Math.max(1, rowBytes)));
    byte[] stage = new byte[Math.multiplyExact(atOnce, rowBytes)];
    for (int row = 0; row < rows; row += atOnce) {
      int n = Math.min(atOnce, rows - row);
      encodeWeighted(values, row * rowLength, n, rowLength, weights, stage);
      MemorySegment.copy(stage, 0, out, JAVA_BYTE, at + (long) row * rowBytes, n * rowBytes);
    }
  }

  @Override
  public final void dequantize(MemorySegment in, long at, float[] values, int offset, int count) {
    long bytes = type.byteSize(count);
    Objects.checkFromIndexSize(offset, count, values.length);
    Objects.checkFromIndexSize(at, bytes, in.byteSize());
    int blocks = count / type.blockSize();
    int atOnce = Math.min(blocks, Math.max(1, STAGE_BYTES / type.blockBytes()));
    byte[] stage = new byte[atOnce * type.blockBytes()];
    for (int block = 0; block < blocks; block += atOnce) {
      int n = Math.min(atOnce, blocks - block);
      long source = at + (long) block * type.blockBytes();
      MemorySegment.copy(in, JAVA_BYTE, source, stage, 0, n * type.blockBytes());
      decode(stage, n, values, offset + block * type.blockSize());
    }
  }
}
