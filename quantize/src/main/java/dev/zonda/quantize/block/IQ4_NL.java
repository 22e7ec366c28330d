package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.NonlinearLevels;
import dev.zonda.quantize.levels.NonlinearSearch;

/// 32 values of 4 bits that stand for unevenly spaced levels: value = d · level(qs).
///
/// ```
/// byte  0   2                            18
///       | d | qs[16], two values a byte  |      4.5 bits per weight
///        f16
/// ```
final class IQ4_NL extends WeightedCodec {
  static final int VALUES = NonlinearLevels.GROUP;
  static final int D = 0;
  static final int QS = 2;
  static final int BYTES = 18;

  private final Kernels kernels;

  IQ4_NL(Kernels kernels) {
    super(TensorType.IQ4_NL);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    NonlinearSearch search = kernels.nonlinearSearch();
    SmallBlocks work = new SmallBlocks();
    for (int b = 0; b < blocks; b += SmallBlocks.BLOCKS_AT_ONCE) {
      int n = Math.min(SmallBlocks.BLOCKS_AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      Weighting.bySquare(values, x, n * VALUES, work.weights);
      search.fit(values, x, work.weights, n, work.fits.scale);
      pack(values, x, work.fits.scale, n, out, b * BYTES);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    NonlinearSearch search = kernels.nonlinearSearch();
    SmallBlocks work = new SmallBlocks();
    int blocks = rows * rowLength / VALUES;
    for (int b = 0; b < blocks; b += SmallBlocks.BLOCKS_AT_ONCE) {
      int n = Math.min(SmallBlocks.BLOCKS_AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      work.weighByImportance(values, x, b, n, rowLength, columns);
      search.fit(values, x, work.weights, n, work.fits.scale);
      pack(values, x, work.fits.scale, n, out, b * BYTES);
    }
  }

  private void pack(float[] x, int from, float[] scales, int blocks, byte[] out, int at) {
    for (int b = 0; b < blocks; b++) {
      float scale = scales[b];
      Half.put(out, at + b * BYTES + D, scale);
      // Levels are found for the scale before it is stored, unlike in the K types.
      float inverse = scale != 0 ? 1 / scale : 0;
      kernels.packNonlinear(x, from + b * VALUES, inverse, out, at + b * BYTES + QS);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      for (int i = 0; i < 16; i++) {
        int pair = in[at + QS + i];
        values[to + i] = d * NonlinearLevels.value(pair);
        values[to + i + 16] = d * NonlinearLevels.value(pair >> 4);
      }
    }
  }
}
