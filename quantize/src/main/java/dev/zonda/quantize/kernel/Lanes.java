package dev.zonda.quantize.kernel;

import java.util.Arrays;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector shapes that the kernels use, and constants that they load.
public final class Lanes {
  /// If plain Java was chosen, only tests use this.
  private static final int BITS = Math.max(128, Vectors.chosen().bits());

  public static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));
  static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(BITS));

  /// Bytes or shorts that are widened to floats: as many as there are lanes, but a vector of bytes
  /// has at least eight.
  public static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, BITS / 4)));

  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, BITS / 2)));

  public static final int COUNT = FLOATS.length();

  /// Float vectors that one vector of bytes is widened to.
  static final int BYTE_PARTS = BYTES.length() / COUNT;

  /// 1.5 · 2^23 in every lane, see `Rounding.nearest`.
  static final float[] MAGIC = filled(12582912f);

  /// The mantissa of a float, and the exponent of [#MAGIC].
  static final int[] MANTISSA = filled(0x7fffff);

  static final int[] EXPONENT = filled(0x4b000000);

  private Lanes() {}

  public static float[] filled(float value) {
    float[] lanes = new float[COUNT];
    Arrays.fill(lanes, value);
    return lanes;
  }

  public static int[] filled(int value) {
    int[] lanes = new int[COUNT];
    Arrays.fill(lanes, value);
    return lanes;
  }

  /// The bits of the float that [#MAGIC] plus an integer gives.
  static int[] biased(int integer) {
    return filled(0x4b400000 + integer);
  }

  /// Rearranges consecutive groups so that value i of all groups of a batch lie side by side: value
  /// i of group l goes to `out[i * COUNT + l]`. Lanes beyond `groups` repeat the last group.
  static void interleave(float[] x, int from, int groupSize, int groups, float[] out) {
    interleave(x, from, groupSize, groups, out, 0);
  }

  /// The same to `out[at + i * COUNT + l]`.
  static void interleave(float[] x, int from, int groupSize, int groups, float[] out, int at) {
    for (int lane = 0; lane < COUNT; lane++) {
      int first = from + Math.min(lane, groups - 1) * groupSize;
      for (int i = 0; i < groupSize; i++) {
        out[at + i * COUNT + lane] = x[first + i];
      }
    }
  }
}
