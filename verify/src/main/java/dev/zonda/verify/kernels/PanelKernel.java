package dev.zonda.verify.kernels;

import static dev.zonda.verify.kernels.Kernels.PANEL_STRIDE;
import static dev.zonda.verify.kernels.VectorKernels.LANES;
import static dev.zonda.verify.kernels.VectorKernels.SPECIES;
import static dev.zonda.verify.kernels.VectorKernels.WIDTH;
import static dev.zonda.verify.kernels.VectorKernels.broadcast;
import static dev.zonda.verify.kernels.VectorKernels.load;

import jdk.incubator.vector.FloatVector;

/// The innermost loops of the matrix product: some panel rows times a strip of two vectors.
///
/// All sums are local variables, which the compiler keeps in registers: 24 of 32, or 8 of 16. Each
/// method is its own compilation, the loop is not unrolled, and the stride is a constant: every
/// other form that was tried made the compiler spill.
final class PanelKernel {
  private PanelKernel() {}

  static void rows12(float[] a, int aAt, int columns, float[] x, int xAt, float[] y, int yAt) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector a0 = zero;
    FloatVector a1 = zero;
    FloatVector b0 = zero;
    FloatVector b1 = zero;
    FloatVector c0 = zero;
    FloatVector c1 = zero;
    FloatVector d0 = zero;
    FloatVector d1 = zero;
    FloatVector e0 = zero;
    FloatVector e1 = zero;
    FloatVector f0 = zero;
    FloatVector f1 = zero;
    FloatVector g0 = zero;
    FloatVector g1 = zero;
    FloatVector h0 = zero;
    FloatVector h1 = zero;
    FloatVector i0 = zero;
    FloatVector i1 = zero;
    FloatVector j0 = zero;
    FloatVector j1 = zero;
    FloatVector k0 = zero;
    FloatVector k1 = zero;
    FloatVector l0 = zero;
    FloatVector l1 = zero;
    for (int k = 0; k < columns; k++) {
      FloatVector x0 = load(x, xAt + k * LANES);
      FloatVector x1 = load(x, xAt + k * LANES + WIDTH);
      FloatVector w = broadcast(a[aAt + k]);
      a0 = w.fma(x0, a0);
      a1 = w.fma(x1, a1);
      w = broadcast(a[aAt + k + PANEL_STRIDE]);
      b0 = w.fma(x0, b0);
      b1 = w.fma(x1, b1);
      w = broadcast(a[aAt + k + 2 * PANEL_STRIDE]);
      c0 = w.fma(x0, c0);
      c1 = w.fma(x1, c1);
      w = broadcast(a[aAt + k + 3 * PANEL_STRIDE]);
      d0 = w.fma(x0, d0);
      d1 = w.fma(x1, d1);
      w = broadcast(a[aAt + k + 4 * PANEL_STRIDE]);
      e0 = w.fma(x0, e0);
      e1 = w.fma(x1, e1);
      w = broadcast(a[aAt + k + 5 * PANEL_STRIDE]);
      f0 = w.fma(x0, f0);
      f1 = w.fma(x1, f1);
      w = broadcast(a[aAt + k + 6 * PANEL_STRIDE]);
      g0 = w.fma(x0, g0);
      g1 = w.fma(x1, g1);
      w = broadcast(a[aAt + k + 7 * PANEL_STRIDE]);
      h0 = w.fma(x0, h0);
      h1 = w.fma(x1, h1);
      w = broadcast(a[aAt + k + 8 * PANEL_STRIDE]);
      i0 = w.fma(x0, i0);
      i1 = w.fma(x1, i1);
      w = broadcast(a[aAt + k + 9 * PANEL_STRIDE]);
      j0 = w.fma(x0, j0);
      j1 = w.fma(x1, j1);
      w = broadcast(a[aAt + k + 10 * PANEL_STRIDE]);
      k0 = w.fma(x0, k0);
      k1 = w.fma(x1, k1);
      w = broadcast(a[aAt + k + 11 * PANEL_STRIDE]);
      l0 = w.fma(x0, l0);
      l1 = w.fma(x1, l1);
    }
    addTo(y, yAt, a0, a1);
    addTo(y, yAt + LANES, b0, b1);
    addTo(y, yAt + 2 * LANES, c0, c1);
    addTo(y, yAt + 3 * LANES, d0, d1);
    addTo(y, yAt + 4 * LANES, e0, e1);
    addTo(y, yAt + 5 * LANES, f0, f1);
    addTo(y, yAt + 6 * LANES, g0, g1);
    addTo(y, yAt + 7 * LANES, h0, h1);
    addTo(y, yAt + 8 * LANES, i0, i1);
    addTo(y, yAt + 9 * LANES, j0, j1);
    addTo(y, yAt + 10 * LANES, k0, k1);
    addTo(y, yAt + 11 * LANES, l0, l1);
  }

  static void rows4(float[] a, int aAt, int columns, float[] x, int xAt, float[] y, int yAt) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector a0 = zero;
    FloatVector a1 = zero;
    FloatVector b0 = zero;
    FloatVector b1 = zero;
    FloatVector c0 = zero;
    FloatVector c1 = zero;
    FloatVector d0 = zero;
    FloatVector d1 = zero;
    for (int k = 0; k < columns; k++) {
      FloatVector x0 = load(x, xAt + k * LANES);
      FloatVector x1 = load(x, xAt + k * LANES + WIDTH);
      FloatVector w = broadcast(a[aAt + k]);
      a0 = w.fma(x0, a0);
      a1 = w.fma(x1, a1);
      w = broadcast(a[aAt + k + PANEL_STRIDE]);
      b0 = w.fma(x0, b0);
      b1 = w.fma(x1, b1);
      w = broadcast(a[aAt + k + 2 * PANEL_STRIDE]);
      c0 = w.fma(x0, c0);
      c1 = w.fma(x1, c1);
      w = broadcast(a[aAt + k + 3 * PANEL_STRIDE]);
      d0 = w.fma(x0, d0);
      d1 = w.fma(x1, d1);
    }
    addTo(y, yAt, a0, a1);
    addTo(y, yAt + LANES, b0, b1);
    addTo(y, yAt + 2 * LANES, c0, c1);
    addTo(y, yAt + 3 * LANES, d0, d1);
  }

  static void rows1(float[] a, int aAt, int columns, float[] x, int xAt, float[] y, int yAt) {
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = a0;
    for (int k = 0; k < columns; k++) {
      FloatVector w = broadcast(a[aAt + k]);
      a0 = w.fma(load(x, xAt + k * LANES), a0);
      a1 = w.fma(load(x, xAt + k * LANES + WIDTH), a1);
    }
    addTo(y, yAt, a0, a1);
  }

  private static void addTo(float[] y, int at, FloatVector sum0, FloatVector sum1) {
    load(y, at).add(sum0).intoArray(y, at);
    load(y, at + WIDTH).add(sum1).intoArray(y, at + WIDTH);
  }
}
