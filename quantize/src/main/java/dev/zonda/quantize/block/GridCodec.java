package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.GridSearch;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.Signs;
import java.util.Arrays;

/// The types of 2 and 3 bits: super-blocks of 256 values, whose magnitudes are points of a grid.
/// Value = d · (2s + 1) · point · sign, where the scale s of a group has four bits.
///
/// A subclass knows its layout.
abstract class GridCodec extends WeightedCodec {
  static final int VALUES = 256;

  /// Bytes of the super-block's scale, which comes first.
  static final int D = 0;

  private static final int TOP_SCALE = 15;

  /// Super-blocks that are searched together.
  private static final int AT_ONCE = 8;

  private final GridScheme scheme;
  private final int groups;
  private final Kernels kernels;

  GridCodec(TensorType type, GridScheme scheme, Kernels kernels) {
    super(type);
    this.scheme = scheme;
    this.kernels = kernels;
    groups = VALUES / scheme.group();
  }

  /// Fills the weights of a super-block if there is no importance matrix. Types that require one
  /// have no weights of their own.
  ///
  /// @param meanSquare of the super-block, times the scheme's spread
  /// @param weights receives the weights, from index `to` on
  void weigh(float[] x, int from, float meanSquare, float[] weights, int to) {
    throw new IllegalStateException(type() + " has no weights of its own");
  }

  /// Stores a group's signs and points in a block whose bits are all zero. Groups that count as
  /// zero are left out.
  ///
  /// @param fit the group's place in `found`
  /// @param group its place in the block
  /// @param slot how many groups of the block were stored before
  abstract void putGroup(GridFits found, int fit, int group, int slot, byte[] out, int at);

  /// Stores a group's scale, after all groups' points.
  abstract void putScale(int level, int group, byte[] out, int at);

  /// The search, weights and results of one call.
  private final class Work {
    final GridSearch search = kernels.gridSearch(scheme);
    final float[] weights = new float[AT_ONCE * VALUES];
    final float[] meanSquares = new float[AT_ONCE];
    final GridFits found = new GridFits(scheme, AT_ONCE * groups);
  }

  @Override
  final void encode(float[] values, int from, int blocks, byte[] out) {
    Work work = new Work();
    for (int b = 0; b < blocks; b += AT_ONCE) {
      int n = Math.min(AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      fillMeanSquares(values, x, n, work);
      for (int k = 0; k < n; k++) {
        weigh(values, x + k * VALUES, work.meanSquares[k], work.weights, k * VALUES);
      }
      encodeBlocks(values, x, n, work, out, b * blockBytes());
    }
  }

  @Override
  final void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    Work work = new Work();
    int blocks = rows * rowLength / VALUES;
    for (int b = 0; b < blocks; b += AT_ONCE) {
      int n = Math.min(AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      fillMeanSquares(values, x, n, work);
      for (int k = 0; k < n; k++) {
        int first = k * VALUES;
        int column = (b + k) * VALUES % rowLength;
        float meanSquare = work.meanSquares[k];
        Weighting.byImportance(
            values, x + first, VALUES, columns, column, meanSquare, work.weights, first);
      }
      encodeBlocks(values, x, n, work, out, b * blockBytes());
    }
  }

  private void fillMeanSquares(float[] values, int from, int blocks, Work work) {
    Weighting.sumsOfSquares(values, from, VALUES, blocks, work.meanSquares);
    for (int k = 0; k < blocks; k++) {
      work.meanSquares[k] = scheme.spread() * work.meanSquares[k] / VALUES;
    }
  }

  private void encodeBlocks(float[] values, int from, int n, Work work, byte[] out, int at) {
    GridFits found = work.found;
    work.search.fit(values, from, work.weights, n * groups, found);
    Arrays.fill(out, at, at + n * blockBytes(), (byte) 0);
    for (int k = 0; k < n; k++) {
      int block = at + k * blockBytes();
      int slot = 0;
      for (int group = 0; group < groups; group++) {
        int fit = k * groups + group;
        if (!found.allZero[fit]) {
          putGroup(found, fit, group, slot++, out, block);
        }
      }
      putScales(found.scale, k * groups, out, block);
    }
  }

  private void putScales(float[] scales, int from, byte[] out, int at) {
    float max = 0;
    for (int group = 0; group < groups; group++) {
      float scale = scales[from + group];
      max = max > scale ? max : scale;
    }
    if (max == 0) {
      // Points whose scale is zero stay in the block, unless the signs are packed with the scales.
      if (scheme.parity() == GridScheme.Parity.EVEN) {
        Arrays.fill(out, at, at + blockBytes(), (byte) 0);
      }
      return;
    }
    float d = max / (2 * TOP_SCALE + 1);
    Half.put(out, at + D, d * scheme.stretch());
    float inverse = 1 / d;
    for (int group = 0; group < groups; group++) {
      int level = Rounding.nearest(0.5f * (inverse * scales[from + group] - 1), 0, TOP_SCALE);
      putScale(level, group, out, at);
    }
  }

  /// Adds a scale of four bits to its byte, which holds the scales of two groups.
  static void putHalfByte(int level, int group, byte[] out, int scales) {
    out[scales + group / 2] |= (byte) (level << (4 * (group & 1)));
  }

  static int halfByte(byte[] in, int scales, int group) {
    return in[scales + group / 2] >> (4 * (group & 1)) & 15;
  }

  /// Dequantizes the values of one point.
  static void decodePoint(
      Grid grid, int point, int signs, int firstSign, float scale, float[] values, int to) {
    int factor = Signs.factor(signs) + firstSign;
    for (int i = 0; i < grid.dimensions; i++) {
      values[to + i] = scale * grid.value(point, i) * Signs.factorOf(factor + i);
    }
  }
}
