package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.Arrays;
import java.util.List;
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
      double[][] expected = layer.stepByStep();
      float[][] found = layer.run(kernels);
      double errors = 0;
      double squares = 0;
      for (int token = 0; token < expected.length; token++) {
        for (int channel = 0; channel < expected[token].length; channel++) {
          squares += expected[token][channel] * expected[token][channel];
          double error = expected[token][channel] - found[token][channel];
          errors += error * error;
        }
      }
      double relative = Math.sqrt(errors / squares);
      assertTrue(relative <= 1e-6, "seed " + seed + ": relative error " + relative);
    }
  }

  @Test
  void bitsAreTheSameForAnyNumberOfLanes() {
    List<Kernels> all =
        List.of(
            new VectorKernels(), new ScalarKernels(16), new ScalarKernels(8), new ScalarKernels(3));
    for (int seed = 0; seed < 40; seed++) {
      Layer layer = Layer.of(new SplittableRandom(seed));
      float[][] first = layer.run(all.getFirst());
      for (Kernels kernels : all) {
        float[][] other = layer.run(kernels);
        for (int token = 0; token < first.length; token++) {
          assertArrayEquals(first[token], other[token], kernels.description() + ", seed " + seed);
        }
      }
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
              activations(inputs, strips, lanes),
              activations(steps, strips, lanes),
              activations(writing, strips, lanes),
              activations(reading, strips, lanes));
      Activations out = Activations.of(2 * strips, scan.channels(), lanes);
      Scratch scratch = new Scratch();
      for (int copy = 0; copy < 2; copy++) {
        for (int block = 0; block < scan.blocks(); block++) {
          scan.block(kernels, new Sequence(copy * strips, inputs.length), block, all, out, scratch);
        }
      }
      float[][] found = rows(out, 0, inputs.length);
      assertTrue(Arrays.deepEquals(found, rows(out, strips, inputs.length)));
      return found;
    }

    /// Twice the same text; lanes without a token hold what is no number.
    private static Activations activations(float[][] rows, int strips, int lanes) {
      Activations x = Activations.of(2 * strips, rows[0].length, lanes);
      Arrays.fill(x.values(), Float.NaN);
      for (int copy = 0; copy < 2; copy++) {
        for (int token = 0; token < rows.length; token++) {
          for (int f = 0; f < rows[0].length; f++) {
            x.values()[x.at(copy * strips + token / lanes, f) + token % lanes] = rows[token][f];
          }
        }
      }
      return x;
    }

    private static float[][] rows(Activations x, int firstStrip, int tokens) {
      float[][] rows = new float[tokens][x.features()];
      for (int token = 0; token < tokens; token++) {
        for (int f = 0; f < x.features(); f++) {
          rows[token][f] = x.values()[x.at(firstStrip + token / x.lanes(), f) + token % x.lanes()];
        }
      }
      return rows;
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
