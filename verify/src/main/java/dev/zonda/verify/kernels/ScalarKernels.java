package dev.zonda.verify.kernels;

import java.util.Arrays;

/// The operations in plain Java: the definition that [VectorKernels] must equal bit for bit, and
/// what runs where the Vector API is missing.
final class ScalarKernels implements Kernels {
  private final int lanes;

  /// @param lanes tokens per strip; any number gives the same bits
  ScalarKernels(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public int rowsAtOnce() {
    return 1;
  }

  @Override
  public String description() {
    return "plain Java";
  }

  @Override
  public void multiplyPanel(
      float[] panel, int rows, int columns, float[] x, int xAt, float[] y, int yAt) {
    float[] sums = new float[lanes];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(sums, 0);
      chain(panel, row * PANEL_STRIDE, 1, columns, x, xAt, sums, 0);
      for (int lane = 0; lane < lanes; lane++) {
        y[yAt + row * lanes + lane] += sums[lane];
      }
    }
  }

  @Override
  public void multiply(Strided a, int rows, int columns, float[] x, int xAt, float[] y, int yAt) {
    for (int row = 0; row < rows; row++) {
      int start = a.at() + row * a.rowStride();
      chain(a.values(), start, a.columnStride(), columns, x, xAt, y, yAt + row * lanes);
    }
  }

  private void chain(
      float[] a, int aAt, int stride, int columns, float[] x, int xAt, float[] sums, int sumsAt) {
    for (int k = 0; k < columns; k++) {
      float factor = a[aAt + k * stride];
      for (int lane = 0; lane < lanes; lane++) {
        sums[sumsAt + lane] = Math.fma(factor, x[xAt + k * lanes + lane], sums[sumsAt + lane]);
      }
    }
  }

  @Override
  public void rmsNorm(
      float[] x, int xAt, int features, float[] weight, float epsilon, float[] y, int yAt) {
    for (int lane = 0; lane < lanes; lane++) {
      float total = 0;
      for (int from = 0; from < features; from += NORM_BLOCK) {
        float sum = 0;
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          float value = x[xAt + f * lanes + lane];
          sum = Math.fma(value, value, sum);
        }
        total += sum;
      }
      float scale = 1 / (float) Math.sqrt(total / features + epsilon);
      for (int f = 0; f < features; f++) {
        int at = f * lanes + lane;
        y[yAt + at] = x[xAt + at] * scale * weight[f];
      }
    }
  }

  @Override
  public void rotate(float[] x, int xAt, float[] cos, float[] sin, int tableAt, int pairs) {
    for (int pair = 0; pair < pairs; pair++) {
      for (int lane = 0; lane < lanes; lane++) {
        int first = xAt + 2 * pair * lanes + lane;
        float a = x[first];
        float b = x[first + lanes];
        float c = cos[tableAt + pair * lanes + lane];
        float s = sin[tableAt + pair * lanes + lane];
        x[first] = Math.fma(a, c, -(b * s));
        x[first + lanes] = Math.fma(a, s, b * c);
      }
    }
  }

  @Override
  public void swiGlu(float[] gate, float[] up, int at, int count) {
    for (int i = at; i < at + count; i++) {
      gate[i] = gate[i] / (Exponential.exp(-gate[i]) + 1) * up[i];
    }
  }

  @Override
  public void add(float[] x, float[] y, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] += y[i];
    }
  }

  @Override
  public void softmax(float[] scores, int keys, float scale) {
    for (int lane = 0; lane < lanes; lane++) {
      float max = Float.NEGATIVE_INFINITY;
      for (int key = 0; key < keys; key++) {
        max = Math.max(max, scores[key * lanes + lane]);
      }
      float sum = 0;
      for (int key = 0; key < keys; key++) {
        int at = key * lanes + lane;
        scores[at] = Exponential.exp((scores[at] - max) * scale);
        sum += scores[at];
      }
      float inverse = 1 / sum;
      for (int key = 0; key < keys; key++) {
        scores[key * lanes + lane] *= inverse;
      }
    }
  }

  @Override
  public void exp(float[] x, int xAt, float shift, float[] out, int outAt, int count) {
    for (int i = 0; i < count; i++) {
      out[outAt + i] = Exponential.exp(x[xAt + i] - shift);
    }
  }
}
