package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("vector")
class ChannelScanTest {
  private static final int LAYERS = 300;
  private static final int[] LENGTHS = {1, 7, 48, 64, 65, 200};
  private static final int[] CHANNELS = {1, 5, 63, 64, 65, 150, 256};

  @Test
  void isItsDefinition() {
    Kernels kernels = KernelChoice.best();
    for (int seed = 0; seed < LAYERS; seed++) {
      Layer layer = Layer.of(new SplittableRandom(seed));
      LayerText.assertNear(layer.stepByStep(), layer.run(kernels), 0, seed);
    }
  }

  @Test
  void bitsAreTheSameForAnyNumberOfLanes() {
    for (int seed = 0; seed < 40; seed++) {
      Layer layer = Layer.of(new SplittableRandom(seed));
      LayerText.assertSameBits(layer::run, seed);
    }
  }

  @Test
  void softplusIsItsDefinition() {
    int count = 3 * 4096;
    float[] x = new float[count];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < count; i++) {
      x[i] = (float) random.nextDouble(-80, 100) / (1 << i % 12);
    }
    float[] scalar = x.clone();
    float[] vector = x.clone();
    new ScalarKernels(16).softplus(scalar, 0, count);
    new VectorKernels().softplus(vector, 0, count);
    assertArrayEquals(scalar, vector);
    for (int i = 0; i < count; i++) {
      double expected = Math.max(x[i], 0) + Math.log1p(Math.exp(-Math.abs((double) x[i])));
      assertEquals(expected, scalar[i], 3 * Math.ulp((float) expected), "softplus of " + x[i]);
    }
    float[] far = {-200, Float.NEGATIVE_INFINITY, 200, Float.POSITIVE_INFINITY};
    new ScalarKernels(1).softplus(far, 0, far.length);
    assertArrayEquals(new float[] {0, 0, 200, Float.POSITIVE_INFINITY}, far);
  }

  /// A layer and a text, `[tokens][features]` each.
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Layer(
      ChannelScan scan, float[][] inputs, float[][] steps, float[][] writing, float[][] reading) {

    /// Steps and rates from nearly nothing to all that the state has.
    static Layer of(SplittableRandom random) {
      int channels = CHANNELS[random.nextInt(CHANNELS.length)];
      int stateLength = 1 + random.nextInt(20);
      int length = LENGTHS[random.nextInt(LENGTHS.length)];
      float[] rates = new float[channels * stateLength];
      for (int i = 0; i < rates.length; i++) {
        rates[i] = (float) -Math.exp(random.nextDouble(-4, 4));
      }
      float[] skips = row(random, channels);
      float[][] steps = rows(random, length, channels);
      double most = Math.exp(random.nextDouble(-8, 3));
      for (float[] row : steps) {
        for (int i = 0; i < row.length; i++) {
          row[i] = (float) (most * Math.abs(row[i]));
        }
      }
      return new Layer(
          new ChannelScan(channels, stateLength, rates, skips),
          rows(random, length, channels),
          steps,
          rows(random, length, stateLength),
          rows(random, length, stateLength));
    }

    private static float[][] rows(SplittableRandom random, int length, int features) {
      float[][] rows = new float[length][];
      for (int i = 0; i < length; i++) {
        rows[i] = row(random, features);
      }
      return rows;
    }

    private static float[] row(SplittableRandom random, int features) {
      float[] row = new float[features];
      for (int i = 0; i < features; i++) {
        row[i] = (float) random.nextGaussian();
      }
      return row;
    }

    /// Runs all channels on two copies of the text, the second of which must come to the same.
    float[][] run(Kernels kernels) {
      int lanes = kernels.lanes();
      int strips = Math.ceilDiv(inputs.length, lanes);
      ChannelScan.Inputs all =
          new ChannelScan.Inputs(
              LayerText.twice(inputs, lanes),
              LayerText.twice(steps, lanes),
              LayerText.twice(writing, lanes),
              LayerText.twice(reading, lanes));
      Activations out = Activations.of(2 * strips, scan.channels(), lanes);
      Scratch scratch = new Scratch();
      for (int copy = 0; copy < 2; copy++) {
        for (int block = 0; block < scan.blocks(); block++) {
          scan.block(kernels, new Sequence(copy * strips, inputs.length), block, all, out, scratch);
        }
      }
      return LayerText.once(out, inputs.length);
    }

    /// The definition, one token after the other, in double precision.
    double[][] stepByStep() {
      int length = scan.stateLength();
      double[][] out = new double[inputs.length][scan.channels()];
      for (int channel = 0; channel < scan.channels(); channel++) {
        double[] state = new double[length];
        for (int token = 0; token < out.length; token++) {
          double step = steps[token][channel];
          double input = inputs[token][channel];
          double sum = scan.skips()[channel] * input;
          for (int i = 0; i < length; i++) {
            double left = Math.exp(step * scan.rates()[channel * length + i]);
            state[i] = left * state[i] + step * input * writing[token][i];
            sum += reading[token][i] * state[i];
          }
          out[token][channel] = sum;
        }
      }
      return out;
    }
  }
}
