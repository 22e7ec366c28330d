package dev.zonda.verify.kernels;

import static dev.zonda.verify.kernels.VectorKernels.LANES;
import static dev.zonda.verify.kernels.VectorKernels.WIDTH;
import static dev.zonda.verify.kernels.VectorKernels.broadcast;
import static dev.zonda.verify.kernels.VectorKernels.load;

import jdk.incubator.vector.FloatVector;

/// The innermost loops of attention: as in [PanelKernel], for a matrix of any strides and with sums
/// that continue those in `y`.
final class StridedKernel {
  private StridedKernel() {}

  static void rows4(
      float[] a,
      int aAt,
      int rowStride,
      int columnStride,
      int columns,
      float[] x,
      int xAt,
      float[] y,
      int yAt) {
    FloatVector a0 = load(y, yAt);
    FloatVector a1 = load(y, yAt + WIDTH);
    FloatVector b0 = load(y, yAt + LANES);
    FloatVector b1 = load(y, yAt + LANES + WIDTH);
    FloatVector c0 = load(y, yAt + 2 * LANES);
    FloatVector c1 = load(y, yAt + 2 * LANES + WIDTH);
    FloatVector d0 = load(y, yAt + 3 * LANES);
    FloatVector d1 = load(y, yAt + 3 * LANES + WIDTH);
    int bAt = aAt + rowStride;
    int cAt = bAt + rowStride;
    int dAt = cAt + rowStride;
    for (int k = 0; k < columns; k++) {
      FloatVector x0 = load(x, xAt + k * LANES);
      FloatVector x1 = load(x, xAt + k * LANES + WIDTH);
      FloatVector w = broadcast(a[aAt + k * columnStride]);
      a0 = w.fma(x0, a0);
      a1 = w.fma(x1, a1);
      w = broadcast(a[bAt + k * columnStride]);
      b0 = w.fma(x0, b0);
      b1 = w.fma(x1, b1);
      w = broadcast(a[cAt + k * columnStride]);
      c0 = w.fma(x0, c0);
      c1 = w.fma(x1, c1);
      w = broadcast(a[dAt + k * columnStride]);
      d0 = w.fma(x0, d0);
      d1 = w.fma(x1, d1);
    }
    a0.intoArray(y, yAt);
    a1.intoArray(y, yAt + WIDTH);
    b0.intoArray(y, yAt + LANES);
    b1.intoArray(y, yAt + LANES + WIDTH);
    c0.intoArray(y, yAt + 2 * LANES);
    c1.intoArray(y, yAt + 2 * LANES + WIDTH);
    d0.intoArray(y, yAt + 3 * LANES);
    d1.intoArray(y, yAt + 3 * LANES + WIDTH);
  }

  static void rows1(
      float[] a, int aAt, int columnStride, int columns, float[] x, int xAt, float[] y, int yAt) {
    FloatVector a0 = load(y, yAt);
    FloatVector a1 = load(y, yAt + WIDTH);
    for (int k = 0; k < columns; k++) {
      FloatVector w = broadcast(a[aAt + k * columnStride]);
      a0 = w.fma(load(x, xAt + k * LANES), a0);
      a1 = w.fma(load(x, xAt + k * LANES + WIDTH), a1);
    }
    a0.intoArray(y, yAt);
    a1.intoArray(y, yAt + WIDTH);
  }
}
