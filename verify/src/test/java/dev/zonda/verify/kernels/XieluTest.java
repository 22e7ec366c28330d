package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class XieluTest {
  private static double softplus(double x) {
    return Math.log1p(Math.exp(x));
  }

  @Test
  void isItsFormula() {
    for (float end : new float[] {-1e-6f, -0.5f, -3}) {
      Xielu activation = Xielu.of(-0.7f, 1.5f, 0.5f, end);
      for (int i = -4000; i <= 4000; i++) {
        float x = i / 400f * Math.abs(i / 400f);
        double below = (Math.expm1(Math.min(x, end)) - x) * (0.5 + softplus(-0.7)) + 0.5 * x;
        double expected = x > 0 ? softplus(1.5) * x * x + 0.5 * x : below;
        float[] found = {9, x, 9};
        activation.apply(KernelChoice.best(), found, 1, 1);
        assertEquals(expected, found[1], 3e-7 * Math.max(1, Math.abs(x * x)), "at " + x);
        assertEquals(18, found[0] + found[2]);
      }
    }
  }

  @Test
  void isExactNearZero() {
    Xielu activation = Xielu.of(0, 0, 0, 0);
    float x = -1e-3f;
    float[] found = {x};
    activation.apply(KernelChoice.best(), found, 0, 1);
    // Of the exponential function nothing but its square is left.
    double expected = (Math.expm1(x) - x) * Math.log(2);
    assertEquals(expected, found[0], 1e-10);
  }
}
