package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("vector")
class KernelsTest {
  /// Numbers of rows, columns and features that leave every kind of tail.
  private static final int[] SIZES = {1, 2, 3, 5, 12, 17, 64, 67, 256};

  private final SplittableRandom random = new SplittableRandom(20);

  static Stream<Kernels> all() {
    return Stream.of(new ScalarKernels(16), new ScalarKernels(3), new VectorKernels());
  }

  @Test
  void theBuildTestsVectors() {
    assertInstanceOf(VectorKernels.class, KernelChoice.best());
  }

  @ParameterizedTest
  @MethodSource("all")
  void panelProductIsTheSumOfProducts(Kernels kernels) {
    int lanes = kernels.lanes();
    for (int rows : SIZES) {
      for (int columns : SIZES) {
        Panel panel = panel(rows);
        float[] x = floats(columns * lanes);
        float[] y = floats(rows * lanes + 5);
        float[] before = y.clone();
        kernels.multiplyPanel(panel, rows, columns, x, 0, y, 5);
        for (int row = 0; row < rows; row++) {
          for (int lane = 0; lane < lanes; lane++) {
            double sum = before[5 + row * lanes + lane];
            for (int k = 0; k < columns; k++) {
              sum += (double) panel.array(row)[Panel.at(row) + k] * x[k * lanes + lane];
            }
            assertEquals(sum, y[5 + row * lanes + lane], 1e-6 * (columns + 1));
          }
        }
        assertArrayEquals(Arrays.copyOf(before, 5), Arrays.copyOf(y, 5));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void stridedProductGoesOnWithSums(Kernels kernels) {
    int lanes = kernels.lanes();
    for (int rows : SIZES) {
      for (int columns : SIZES) {
        float[] a = floats(rows * columns + 7);
        float[] x = floats(columns * lanes);
        float[] y = floats(rows * lanes);
        float[] before = y.clone();
        kernels.multiply(new Kernels.Strided(a, 7, 1, rows), rows, columns, x, 0, y, 0);
        for (int row = 0; row < rows; row++) {
          for (int lane = 0; lane < lanes; lane++) {
            double sum = before[row * lanes + lane];
            for (int k = 0; k < columns; k++) {
              sum += (double) a[7 + row + k * rows] * x[k * lanes + lane];
            }
            assertEquals(sum, y[row * lanes + lane], 1e-6 * (columns + 1));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void deltaChangesTheStateAndReadsIt(Kernels kernels) {
    int lanes = kernels.lanes();
    for (int length : SIZES) {
      ChannelDelta.Tokens tokens = new ChannelDelta.Tokens(7, 2, length);
      int state = 7 + 2 * (4 * length + 1);
      int values = state + length * lanes;
      float[] memory = floats(values + 2 * lanes + 5);
      for (int i = 7; i < state; i++) {
        memory[i] /= (float) Math.sqrt(length);
      }
      float[] before = memory.clone();
      kernels.delta(memory, tokens, state, values);
      for (int lane = 0; lane < lanes; lane++) {
        double[] expected = new double[length];
        for (int k = 0; k < length; k++) {
          expected[k] = before[state + k * lanes + lane];
        }
        for (int token = 0; token < 2; token++) {
          int row = 7 + token * (4 * length + 1);
          double known = 0;
          for (int k = 0; k < length; k++) {
            known += before[row + length + k] * expected[k];
          }
          int value = values + token * lanes + lane;
          double written = (before[value] - known) * before[row + 4 * length];
          double read = 0;
          for (int k = 0; k < length; k++) {
            expected[k] = before[row + k] * expected[k] + before[row + 2 * length + k] * written;
            read += before[row + 3 * length + k] * expected[k];
          }
          assertEquals(read, memory[value], 1e-5);
        }
        for (int k = 0; k < length; k++) {
          assertEquals(expected[k], memory[state + k * lanes + lane], 1e-5);
        }
      }
      assertArrayEquals(
          Arrays.copyOfRange(before, values + 2 * lanes, before.length),
          Arrays.copyOfRange(memory, values + 2 * lanes, memory.length));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void normMakesMeanSquaresOne(Kernels kernels) {
    int lanes = kernels.lanes();
    for (int features : SIZES) {
      float[] x = floats(features * lanes);
      float[] weight = floats(features);
      float[] y = new float[features * lanes];
      kernels.rmsNorm(x, 0, features, weight, 1e-3f, y, 0);
      for (int lane = 0; lane < lanes; lane++) {
        double squares = 0;
        for (int f = 0; f < features; f++) {
          squares += (double) x[f * lanes + lane] * x[f * lanes + lane];
        }
        double scale = 1 / Math.sqrt(squares / features + 1e-3);
        for (int f = 0; f < features; f++) {
          assertEquals(x[f * lanes + lane] * scale * weight[f], y[f * lanes + lane], 3e-6);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void rotationTurnsNeighboursByTheAngle(Kernels kernels) {
    int lanes = kernels.lanes();
    double[] frequencies = {1, 0.1, 0.01};
    RotaryTable table = RotaryTable.of(frequencies, 1.5, Kernels.Pairs.neighbours(3), 3, lanes);
    Activations x = new Activations(floats(8 * lanes), 0, 1, 8, 8, lanes);
    float[] before = x.values().clone();
    table.rotate(kernels, x, 0, 1, 8, 2);
    for (int lane = 0; lane < lanes; lane++) {
      for (int pair = 0; pair < 3; pair++) {
        double angle = (2 * lanes + lane) * frequencies[pair];
        double a = before[2 * pair * lanes + lane];
        double b = before[(2 * pair + 1) * lanes + lane];
        double first = 1.5 * (a * Math.cos(angle) - b * Math.sin(angle));
        double second = 1.5 * (a * Math.sin(angle) + b * Math.cos(angle));
        assertEquals(first, x.values()[2 * pair * lanes + lane], 1e-6);
        assertEquals(second, x.values()[(2 * pair + 1) * lanes + lane], 1e-6);
      }
      assertEquals(before[6 * lanes + lane], x.values()[6 * lanes + lane]);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void rotationTurnsHalves(Kernels kernels) {
    int lanes = kernels.lanes();
    RotaryTable table =
        RotaryTable.of(new double[] {1, 0.1, 0.01}, 1, Kernels.Pairs.halves(3), 1, lanes);
    Activations x = new Activations(floats(16 * lanes), 0, 1, 16, 16, lanes);
    float[] before = x.values().clone();
    table.rotate(kernels, x, 0, 2, 8, 0);
    for (int head = 0; head < 2; head++) {
      for (int lane = 0; lane < lanes; lane++) {
        double angle = lane * 0.1;
        int at = (8 * head + 1) * lanes + lane;
        double a = before[at];
        double b = before[at + 3 * lanes];
        double expected = a * Math.cos(angle) - b * Math.sin(angle);
        assertEquals(expected, x.values()[at], 1e-6);
        double second = a * Math.sin(angle) + b * Math.cos(angle);
        assertEquals(second, x.values()[at + 3 * lanes], 1e-6);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void layerNormMakesMeanZeroAndVarianceOne(Kernels kernels) {
    int lanes = kernels.lanes();
    for (int features : SIZES) {
      float[] x = floats(features * lanes);
      float[] weight = floats(features);
      float[] bias = floats(features);
      float[] y = new float[features * lanes];
      kernels.layerNorm(x, 0, features, new Kernels.Affine(weight, bias), 1e-3f, y, 0);
      for (int lane = 0; lane < lanes; lane++) {
        double mean = 0;
        double squares = 0;
        for (int f = 0; f < features; f++) {
          mean += x[f * lanes + lane] / (double) features;
        }
        for (int f = 0; f < features; f++) {
          squares += Math.pow(x[f * lanes + lane] - mean, 2);
        }
        double scale = 1 / Math.sqrt(squares / features + 1e-3);
        for (int f = 0; f < features; f++) {
          double expected = (x[f * lanes + lane] - mean) * scale * weight[f] + bias[f];
          assertEquals(expected, y[f * lanes + lane], 3e-6);
        }
      }
    }
  }

  /// Values of a function over the whole range, against doubles.
  @ParameterizedTest
  @MethodSource("all")
  void functionsAreWhatTheyAreCalled(Kernels kernels) {
    assertFunction(
        kernels,
        (x, count) -> kernels.gelu(x, 0, count),
        x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
    assertFunction(
        kernels, (x, count) -> kernels.exactGelu(x, 0, count), x -> x * normalDistribution(x));
    assertFunction(
        kernels,
        (x, count) -> kernels.softCap(x, 0, count, 0.5f, 3),
        x -> 3 * Math.tanh(x * 0.5 / 3));
    assertFunction(
        kernels,
        (x, count) -> kernels.clamp(x, 0, count, -2, 3),
        x -> Math.max(-2, Math.min(x, 3)));
    assertFunction(
        kernels,
        (x, count) -> kernels.selfGate(x, 0, count, 1.702f),
        x -> x / (1 + Math.exp(-1.702 * x)));
    assertFunction(
        kernels, (x, count) -> kernels.sigmoid(x, 0, count), x -> 1 / (1 + Math.exp(-x)));
    assertFunction(
        kernels,
        (x, count) -> kernels.boundedSwiGlu(x, 0, x.clone(), 0, count, 7, 1.702f),
        x ->
            Math.min(x, 7)
                / (1 + Math.exp(-1.702 * Math.min(x, 7)))
                * (1 + Math.max(-7, Math.min(x, 7))));
  }

  private interface InPlace {
    void run(float[] x, int count);
  }

  private static void assertFunction(
      Kernels kernels, InPlace operation, DoubleUnaryOperator expected) {
    int count = 500 * kernels.lanes();
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = -12 + 24f * i / count;
    }
    float[] before = x.clone();
    operation.run(x, count);
    for (int i = 0; i < count; i++) {
      double value = expected.applyAsDouble(before[i]);
      assertEquals(value, x[i], 1e-6 + 1e-6 * Math.abs(value), "at " + before[i]);
    }
  }

  /// By its power series, which suffices for these arguments.
  private static double normalDistribution(double x) {
    double term = x;
    double sum = x;
    for (int i = 1; i < 400; i++) {
      term *= x * x / (2 * i + 1);
      sum += term;
    }
    return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  @ParameterizedTest
  @MethodSource("all")
  void tokensAndFeaturesAreScaledAndRaised(Kernels kernels) {
    int lanes = kernels.lanes();
    float[] x = floats(5 * lanes);
    float[] before = x.clone();
    float[] factors = floats(lanes);
    float[] bias = floats(6);
    kernels.scaleLanes(x, 0, 5, factors, 0);
    kernels.addBias(x, 0, 5, bias, 1);
    kernels.multiply(x, lanes, before, 0, lanes);
    for (int f = 0; f < 5; f++) {
      for (int lane = 0; lane < lanes; lane++) {
        float expected = before[f * lanes + lane] * factors[lane] + bias[f + 1];
        expected *= f == 1 ? before[lane] : 1;
        assertEquals(expected, x[f * lanes + lane]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void activationIsSwishTimesUp(Kernels kernels) {
    int count = 10 * kernels.lanes();
    float[] gate = floats(count);
    float[] up = floats(count);
    gate[0] = -1000;
    gate[1] = 1000;
    float[] before = gate.clone();
    kernels.swiGlu(gate, 0, up, 0, count);
    for (int i = 0; i < count; i++) {
      double expected = before[i] / (1 + Math.exp(-(double) before[i])) * up[i];
      assertEquals(expected, gate[i], 1e-6 + 1e-6 * Math.abs(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void softmaxWeightsSumToOneAndMaskedKeysWeighNothing(Kernels kernels) {
    int lanes = kernels.lanes();
    int keys = 21;
    float[] scores = floats(keys * lanes);
    Arrays.fill(scores, 4 * lanes, 5 * lanes, Float.NEGATIVE_INFINITY);
    float[] before = scores.clone();
    kernels.softmax(scores, keys, 3);
    for (int lane = 0; lane < lanes; lane++) {
      double sum = 0;
      for (int key = 0; key < keys; key++) {
        sum += Math.exp(3.0 * before[key * lanes + lane]);
      }
      for (int key = 0; key < keys; key++) {
        double expected = Math.exp(3.0 * before[key * lanes + lane]) / sum;
        assertEquals(expected, scores[key * lanes + lane], 1e-6);
      }
      assertEquals(0, scores[4 * lanes + lane]);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void exponentialIsWithinAUnitInTheLastPlace(Kernels kernels) {
    int count = 200_003;
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = -87 + 175f * i / count;
    }
    float[] y = new float[count];
    kernels.exp(x, 0, 0, y, 0, count);
    for (int i = 0; i < count; i++) {
      double exact = StrictMath.exp(x[i]);
      assertTrue(Math.abs(y[i] - exact) <= Math.ulp((float) exact), () -> "exp error");
    }
    float[] special = {Float.NEGATIVE_INFINITY, -88, 0, Float.NaN};
    kernels.exp(special, 0, 0, y, 0, 4);
    assertArrayEquals(new float[] {0, 0, 1, Float.NaN}, Arrays.copyOf(y, 4));
  }

  @Test
  void vectorsGiveTheScalarBits() {
    Kernels vectors = new VectorKernels();
    Kernels scalars = new ScalarKernels(vectors.lanes());
    int lanes = vectors.lanes();
    for (int features : SIZES) {
      Panel panel = panel(features);
      float[] x = floats(features * lanes);
      float[] start = floats(features * lanes);
      float[] weight = floats(features);
      Kernels.Pairs pairs = Kernels.Pairs.neighbours(2);
      RotaryTable table = RotaryTable.of(new double[] {0.5, 0.2}, 1, pairs, 1, lanes);
      assertSameBits(
          start,
          vectors,
          scalars,
          (k, y) -> k.multiplyPanel(panel, features, features, x, 0, y, 0));
      float[] values = floats(features * Panel.STRIDE);
      Kernels.Strided matrix = new Kernels.Strided(values, 3, 2, features);
      assertSameBits(
          start,
          vectors,
          scalars,
          (k, y) -> k.multiply(matrix, features, Math.min(features, 64), x, 0, y, 0));
      assertSameBits(
          start, vectors, scalars, (k, y) -> k.rmsNorm(x, 0, features, weight, 1e-5f, y, 0));
      Kernels.Affine affine = new Kernels.Affine(weight, floats(features));
      int count = features * lanes;
      List<Operation> others =
          List.of(
              (k, y) -> k.layerNorm(x, 0, features, affine, 1e-5f, y, 0),
              (k, y) -> k.swiGlu(y, 0, x, 0, count),
              (k, y) -> k.boundedSwiGlu(y, 0, x, 0, count, 0.5f, 1.7f),
              (k, y) -> k.gelu(y, 0, count),
              (k, y) -> k.exactGelu(y, 0, count),
              (k, y) -> k.add(y, 0, x, 0, count),
              (k, y) -> k.multiply(y, 0, x, 0, count),
              (k, y) -> k.addBias(y, 0, features, weight, 0),
              (k, y) -> k.scaleLanes(y, 0, features, x, 0),
              (k, y) -> k.softCap(y, 0, count, 0.3f, 0.7f),
              (k, y) -> k.clamp(y, 0, count, -0.4f, 0.3f),
              (k, y) -> k.selfGate(y, 0, count, 1.7f),
              (k, y) -> k.sigmoid(y, 0, count));
      for (Operation operation : others) {
        assertSameBits(start, vectors, scalars, operation);
      }
      assertSameBits(start, vectors, scalars, (k, y) -> k.softmax(y, features, 20));
      assertSameBits(start, vectors, scalars, (k, y) -> k.exp(x, 0, 0.7f, y, 0, features * lanes));
      if (features >= 4) {
        assertSameBits(
            start, vectors, scalars, (k, y) -> k.rotate(y, 0, pairs, table.cos(), table.sin(), 0));
      }
    }
  }

  private interface Operation {
    void run(Kernels kernels, float[] y);
  }

  private static void assertSameBits(float[] start, Kernels a, Kernels b, Operation operation) {
    float[] first = start.clone();
    float[] second = start.clone();
    operation.run(a, first);
    operation.run(b, second);
    for (int i = 0; i < first.length; i++) {
      assertEquals(Float.floatToRawIntBits(first[i]), Float.floatToRawIntBits(second[i]));
    }
  }

  private Panel panel(int rows) {
    Panel panel = new Panel(rows);
    for (int row = 0; row < rows; row++) {
      System.arraycopy(floats(Panel.STRIDE), 0, panel.array(row), Panel.at(row), Panel.STRIDE);
    }
    return panel;
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }
}
