package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import java.util.Arrays;

/// The types of 2 and 3 bits: super-blocks of 256 values, whose magnitudes are points of a grid.
/// Value = d · (2s + 1) · point · sign, where the scale s of a group has four bits.
///
/// A subclass knows its layout.
abstract class GridCodec extends BlockCodec {
  static final int VALUES = 256;

  /// Bytes of the super-block's scale, which comes first.
  static final int D = 0;

  private static final int TOP_SCALE = 15;

  private final GridScheme scheme;

  GridCodec(TensorType type, GridScheme scheme) {
    super(type);
    this.scheme = scheme;
  }

  /// Fills the weights of a group, where there is no importance. Types that require it have none.
  ///
  /// @param meanSquare of the super-block, times the scheme's spread
  void weigh(float[] x, int from, float meanSquare, float[] weights) {
    throw new IllegalStateException(type() + " has no weights of its own");
  }

  /// Stores a group's signs and points in a block whose bits are all zero. Groups that count as
  /// zero are left out.
  ///
  /// @param slot how many groups of the block were stored before
  abstract void putGroup(GridSearch found, int group, int slot, byte[] out, int at);

  /// Stores a group's scale, after all groups' points.
  abstract void putScale(int level, int group, byte[] out, int at);

  @Override
  final void encode(float[] values, int from, int blocks, byte[] out) {
    GridSearch search = new GridSearch(scheme);
    float[] scales = new float[VALUES / scheme.group()];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      int at = b * blockBytes();
      float meanSquare = meanSquare(values, x);
      Arrays.fill(out, at, at + blockBytes(), (byte) 0);
      int slot = 0;
      for (int group = 0; group < scales.length; group++) {
        int first = x + group * scheme.group();
        weigh(values, first, meanSquare, search.weights);
        scales[group] = search.fit(values, first);
        if (!search.isAllZero()) {
          putGroup(search, group, slot++, out, at);
        }
      }
      putScales(scales, out, at);
    }
  }

  @Override
  final void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    GridSearch search = new GridSearch(scheme);
    float[] scales = new float[VALUES / scheme.group()];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      int at = b * blockBytes();
      float meanSquare = meanSquare(values, x);
      Arrays.fill(out, at, at + blockBytes(), (byte) 0);
      int slot = 0;
      for (int group = 0; group < scales.length; group++) {
        int first = group * scheme.group();
        int column = b * VALUES % rowLength + first;
        Weighting.byImportance(
            values, x + first, scheme.group(), columns, column, meanSquare, search.weights, 0);
        scales[group] = search.fit(values, x + first);
        if (!search.isAllZero()) {
          putGroup(search, group, slot++, out, at);
        }
      }
      putScales(scales, out, at);
    }
  }

  private float meanSquare(float[] values, int from) {
    return scheme.spread() * Weighting.sumOfSquares(values, from, VALUES) / VALUES;
  }

  private void putScales(float[] scales, byte[] out, int at) {
    float max = 0;
    for (float scale : scales) {
      max = max > scale ? max : scale;
    }
    if (max == 0) {
      // Points of zero scale stay where they are, unless the signs are packed with the scales.
      if (scheme.parity() == GridScheme.Parity.EVEN) {
        Arrays.fill(out, at, at + blockBytes(), (byte) 0);
      }
      return;
    }
    float d = max / (2 * TOP_SCALE + 1);
    Half.put(out, at + D, d * scheme.stretch());
    float inverse = 1 / d;
    for (int group = 0; group < scales.length; group++) {
      int level = Rounding.nearest(0.5f * (inverse * scales[group] - 1), 0, TOP_SCALE);
      putScale(level, group, out, at);
    }
  }

  /// Adds a scale of four bits to bytes that hold those of two groups each.
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
