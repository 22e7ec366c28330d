package dev.zonda.verify.kernels;

import static dev.zonda.verify.kernels.Panel.STRIDE;
import static dev.zonda.verify.kernels.VectorKernels.LANES;
import static dev.zonda.verify.kernels.VectorKernels.SPECIES;
import static dev.zonda.verify.kernels.VectorKernels.WIDTH;
import static dev.zonda.verify.kernels.VectorKernels.broadcast;
import static dev.zonda.verify.kernels.VectorKernels.load;

import jdk.incubator.vector.FloatVector;

/// The innermost loops of the matrix product: some panel rows times a strip of two vectors.
///
/// All sums are local variables, which the compiler keeps in registers: 16 of 32, or 8 of 16. Each
/// method is its own compilation, the loop is not unrolled, and the stride is a constant: every
/// other form that was tried made the compiler spill, or compute more addresses (see [Panel]).
///
/// The code after the loops is written out. A method that takes vectors is not always inlined; but
/// a kernel of less than 326 bytes of code is, and then in some callers its loop would be unrolled,
/// and spill. The launcher tells the compiler not to unroll loops of this size at all.
final class PanelKernel {
  private PanelKernel() {}

  static void rows8(Panel panel, int row, int columns, float[] x, int xAt, float[] y, int yAt) {
    float[] rows0 = panel.array(row);
    float[] rows2 = panel.array(row + 2);
    float[] rows4 = panel.array(row + 4);
    float[] rows6 = panel.array(row + 6);
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
    for (int k = 0; k < columns; k++) {
      FloatVector x0 = load(x, xAt + k * LANES);
      FloatVector x1 = load(x, xAt + k * LANES + WIDTH);
      FloatVector w = broadcast(rows0[k]);
      a0 = w.fma(x0, a0);
      a1 = w.fma(x1, a1);
      w = broadcast(rows0[k + STRIDE]);
      b0 = w.fma(x0, b0);
      b1 = w.fma(x1, b1);
      w = broadcast(rows2[k]);
      c0 = w.fma(x0, c0);
      c1 = w.fma(x1, c1);
      w = broadcast(rows2[k + STRIDE]);
      d0 = w.fma(x0, d0);
      d1 = w.fma(x1, d1);
      w = broadcast(rows4[k]);
      e0 = w.fma(x0, e0);
      e1 = w.fma(x1, e1);
      w = broadcast(rows4[k + STRIDE]);
      f0 = w.fma(x0, f0);
      f1 = w.fma(x1, f1);
      w = broadcast(rows6[k]);
      g0 = w.fma(x0, g0);
      g1 = w.fma(x1, g1);
      w = broadcast(rows6[k + STRIDE]);
      h0 = w.fma(x0, h0);
      h1 = w.fma(x1, h1);
    }
    load(y, yAt).add(a0).intoArray(y, yAt);
    load(y, yAt + WIDTH).add(a1).intoArray(y, yAt + WIDTH);
    load(y, yAt + LANES).add(b0).intoArray(y, yAt + LANES);
    load(y, yAt + LANES + WIDTH).add(b1).intoArray(y, yAt + LANES + WIDTH);
    load(y, yAt + 2 * LANES).add(c0).intoArray(y, yAt + 2 * LANES);
    load(y, yAt + 2 * LANES + WIDTH).add(c1).intoArray(y, yAt + 2 * LANES + WIDTH);
    load(y, yAt + 3 * LANES).add(d0).intoArray(y, yAt + 3 * LANES);
    load(y, yAt + 3 * LANES + WIDTH).add(d1).intoArray(y, yAt + 3 * LANES + WIDTH);
    load(y, yAt + 4 * LANES).add(e0).intoArray(y, yAt + 4 * LANES);
    load(y, yAt + 4 * LANES + WIDTH).add(e1).intoArray(y, yAt + 4 * LANES + WIDTH);
    load(y, yAt + 5 * LANES).add(f0).intoArray(y, yAt + 5 * LANES);
    load(y, yAt + 5 * LANES + WIDTH).add(f1).intoArray(y, yAt + 5 * LANES + WIDTH);
    load(y, yAt + 6 * LANES).add(g0).intoArray(y, yAt + 6 * LANES);
    load(y, yAt + 6 * LANES + WIDTH).add(g1).intoArray(y, yAt + 6 * LANES + WIDTH);
    load(y, yAt + 7 * LANES).add(h0).intoArray(y, yAt + 7 * LANES);
    load(y, yAt + 7 * LANES + WIDTH).add(h1).intoArray(y, yAt + 7 * LANES + WIDTH);
  }

  static void rows4(Panel panel, int row, int columns, float[] x, int xAt, float[] y, int yAt) {
    float[] rows0 = panel.array(row);
    float[] rows2 = panel.array(row + 2);
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
      FloatVector w = broadcast(rows0[k]);
      a0 = w.fma(x0, a0);
      a1 = w.fma(x1, a1);
      w = broadcast(rows0[k + STRIDE]);
      b0 = w.fma(x0, b0);
      b1 = w.fma(x1, b1);
      w = broadcast(rows2[k]);
      c0 = w.fma(x0, c0);
      c1 = w.fma(x1, c1);
      w = broadcast(rows2[k + STRIDE]);
      d0 = w.fma(x0, d0);
      d1 = w.fma(x1, d1);
    }
    load(y, yAt).add(a0).intoArray(y, yAt);
    load(y, yAt + WIDTH).add(a1).intoArray(y, yAt + WIDTH);
    load(y, yAt + LANES).add(b0).intoArray(y, yAt + LANES);
    load(y, yAt + LANES + WIDTH).add(b1).intoArray(y, yAt + LANES + WIDTH);
    load(y, yAt + 2 * LANES).add(c0).intoArray(y, yAt + 2 * LANES);
    load(y, yAt + 2 * LANES + WIDTH).add(c1).intoArray(y, yAt + 2 * LANES + WIDTH);
    load(y, yAt + 3 * LANES).add(d0).intoArray(y, yAt + 3 * LANES);
    load(y, yAt + 3 * LANES + WIDTH).add(d1).intoArray(y, yAt + 3 * LANES + WIDTH);
  }

  static void rows1(Panel panel, int row, int columns, float[] x, int xAt, float[] y, int yAt) {
    float[] a = panel.array(row);
    int aAt = Panel.at(row);
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = a0;
    for (int k = 0; k < columns; k++) {
      FloatVector w = broadcast(a[aAt + k]);
      a0 = w.fma(load(x, xAt + k * LANES), a0);
      a1 = w.fma(load(x, xAt + k * LANES + WIDTH), a1);
    }
    load(y, yAt).add(a0).intoArray(y, yAt);
    load(y, yAt + WIDTH).add(a1).intoArray(y, yAt + WIDTH);
  }
}
