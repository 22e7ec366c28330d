package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CausalConvolutionTest {
  @Test
  void sumsTheLastTokensOfTheSequence() {
    SplittableRandom random = new SplittableRandom(3);
    for (int lanes : List.of(3, 8, 16)) {
      for (int length : List.of(1, 2, 4, 9)) {
        for (int tokens : List.of(1, 5, 16, 37)) {
          check(random, lanes, length, tokens);
        }
      }
    }
  }

  private static void check(SplittableRandom random, int lanes, int length, int tokens) {
    int features = 5;
    int strips = Math.ceilDiv(tokens, lanes);
    // Another sequence lies before this one, and must not be seen.
    Activations x = Activations.of(2 * strips, features, lanes);
    Activations y = Activations.of(2 * strips, features, lanes);
    float[] weights = new float[features * length];
    float[] bias = new float[features];
    for (float[] values : List.of(x.values(), weights, bias)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
    }
    CausalConvolution convolution = new CausalConvolution(features, length, weights, bias);
    for (int strip = strips; strip < 2 * strips; strip++) {
      convolution.strip(new Sequence(strips, tokens), strip, x, y, new Scratch());
    }
    for (int token = 0; token < tokens; token++) {
      for (int f = 0; f < features; f++) {
        double sum = bias[f];
        for (int tap = 0; tap < length; tap++) {
          int seen = token - length + 1 + tap;
          if (seen >= 0) {
            sum += (double) weights[f * length + tap] * value(x, strips, seen, f);
          }
        }
        assertEquals(sum, value(y, strips, token, f), 1e-5);
      }
    }
  }

  private static float value(Activations x, int firstStrip, int token, int feature) {
    return x.values()[x.at(firstStrip + token / x.lanes(), feature) + token % x.lanes()];
  }
}
