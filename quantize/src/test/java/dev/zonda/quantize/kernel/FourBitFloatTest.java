package dev.zonda.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.quantize.block.MXFP4;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("vector")
class FourBitFloatTest {
  /// Values halfway between levels, just beside, and signed zeros.
  @Test
  void vectorsFindTheFirstOfTheNearest() {
    Random random = new Random(17);
    for (float scale : new float[] {0, 0x1p-127f, 0x1p-20f, 0.37f, 1, 0x1p127f}) {
      float[] x = new float[1024];
      for (int i = 0; i < x.length; i++) {
        float between = scale * random.nextInt(-26, 27) / 2;
        x[i] = i % 3 == 0 ? between : i % 3 == 1 ? Math.nextUp(between) : Math.nextDown(between);
      }
      x[7] = 0f;
      x[8] = -0f;
      x[9] = Float.NaN;
      byte[] expected = new byte[x.length];
      byte[] actual = new byte[x.length];
      new ScalarKernels().nearestFourBitFloats(x, 0, x.length, scale, expected, 0);
      new VectorKernels().nearestFourBitFloats(x, 0, x.length, scale, actual, 0);
      assertArrayEquals(expected, actual, "scale " + scale);
    }
  }

  /// `floorf(log2f(x))` in ggml: just below a power of two, the logarithm rounds up to it.
  @Test
  void exponentIsThatOfTheRoundedLogarithm() {
    float[] x = new float[MXFP4.VALUES];
    byte[] out = new byte[MXFP4.BYTES];
    for (int exponent = 1; exponent < 255; exponent++) {
      for (int mantissa :
          new int[] {0, 1, 0x400000, 0x7effff, 0x7f0000, 0x7fff00, 0x7ffffe, 0x7fffff}) {
        x[5] = Float.intBitsToFloat(exponent << 23 | mantissa);
        new MXFP4(new ScalarKernels()).encode(x, 0, 1, out);
        float logarithm = (float) (Math.log(x[5]) / Math.log(2));
        int expected = (int) Math.floor(logarithm) - 2 + 127;
        assertEquals((byte) expected, out[MXFP4.E], x[5] + "");
      }
    }
  }
}
