package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// A text in a layer that keeps a state, `[tokens][features]`: as two sequences of a batch, and
/// what such layers are held to.
final class LayerText {
  private LayerText() {}

  /// Twice the same text; lanes without a token hold what is no number.
  static Activations twice(float[][] rows, int lanes) {
    int strips = Math.ceilDiv(rows.length, lanes);
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

  /// The text of two copies, the second of which must be the same.
  static float[][] once(Activations x, int tokens) {
    float[][] rows = rows(x, 0, tokens);
    assertTrue(Arrays.deepEquals(rows, rows(x, Math.ceilDiv(tokens, x.lanes()), tokens)));
    return rows;
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

  /// Holds a text to its definition in double precision, within a millionth.
  ///
  /// @param least what the sum of squares counts as at least
  static void assertNear(double[][] expected, float[][] found, double least, int seed) {
    double errors = 0;
    double squares = 0;
    for (int token = 0; token < expected.length; token++) {
      for (int f = 0; f < expected[token].length; f++) {
        squares += expected[token][f] * expected[token][f];
        double error = expected[token][f] - found[token][f];
        errors += error * error;
      }
    }
    double relative = Math.sqrt(errors / Math.max(squares, least));
    assertTrue(relative <= 1e-6, "seed " + seed + ": relative error " + relative);
  }

  /// Holds a layer to the same bits with vectors and with any number of lanes.
  static void assertSameBits(Function<Kernels, float[][]> layer, int seed) {
    float[][] first = layer.apply(new VectorKernels());
    for (Kernels kernels :
        List.of(
            new VectorKernels(),
            new ScalarKernels(16),
            new ScalarKernels(8),
            new ScalarKernels(3))) {
      float[][] other = layer.apply(kernels);
      for (int token = 0; token < first.length; token++) {
        assertArrayEquals(first[token], other[token], kernels.description() + ", seed " + seed);
      }
    }
  }
}
