package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ClampedSiluTest {
  @Test
  void bothPartsAreBounded() {
    float[] gate = {-20, -3, 0, 2, 7, 30, 5, 1, -1, -7, 8, 6, 9, -40, 3, 4};
    float[] up = {1, -30, 4, 8, -7, 2, 30, -9, 0, 3, -8, 6, 7, 5, 100, -2};
    float[] expected = new float[gate.length];
    for (int i = 0; i < gate.length; i++) {
      double bounded = Math.min(gate[i], 7);
      expected[i] = (float) (bounded / (1 + Math.exp(-bounded)) * Math.clamp(up[i], -7, 7));
    }
    new ClampedSilu(7).gate(KernelChoice.best(), gate, 0, up, 0, gate.length);
    for (int i = 0; i < gate.length; i++) {
      assertEquals(expected[i], gate[i], 1e-5 * (1 + Math.abs(expected[i])));
    }
  }
}
