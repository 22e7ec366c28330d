package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LimitedSiluTest {
  @Test
  void boundsWhatIsMultiplied() {
    float[] gate = {-20, -3, 0, 2, 7, 30, 5, 1, -1, -7, 8, 6, 9, -40, 3, 4};
    float[] up = {1, -30, 4, 8, -7, 2, 30, -9, 0, 3, -8, 6, 7, 5, 100, -2};
    float[] expected = new float[gate.length];
    for (int i = 0; i < gate.length; i++) {
      double activated = Math.min(gate[i] / (1 + Math.exp(-gate[i])), 2);
      expected[i] = (float) (activated * Math.clamp(up[i], -2, 2));
    }
    new LimitedSilu(2).gate(KernelChoice.best(), gate, 0, up, 0, gate.length);
    for (int i = 0; i < gate.length; i++) {
      assertEquals(expected[i], gate[i], 1e-5 * (1 + Math.abs(expected[i])));
    }
  }
}
