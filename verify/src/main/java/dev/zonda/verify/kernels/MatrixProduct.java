package dev.zonda.verify.kernels;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// `Y = W X`: weights times tokens, blocked for the caches and shared between all threads.
///
/// A task takes a block of rows and a group of strips. Column block by column block it dequantizes
/// the rows into a panel that stays in the second-level cache, and runs every strip past it; a
/// strip's column block fits the first-level cache. So each weight is dequantized once per group of
/// strips.
public final class MatrixProduct {
  /// Rows of a panel: 418 KB of floats. With fewer, strips are fetched too often.
  static final int PANEL_ROWS = 384;

  /// Tasks per thread that a product is split into, where its size allows, to keep all threads busy
  /// to the end.
  private static final int TASKS_PER_THREAD = 4;

  /// Strips below which dequantizing the same rows again costs more than it gains.
  private static final int MIN_STRIPS = 8;

  private final Kernels kernels;
  private final Workers workers;
  private final Scratch[] scratch;
  private final Panel[] panels;

  public MatrixProduct(Kernels kernels, Workers workers) {
    this.kernels = kernels;
    this.workers = workers;
    this.scratch = Scratch.perWorker(workers.count());
    this.panels = new Panel[workers.count()];
    Arrays.setAll(panels, _ -> new Panel(PANEL_ROWS));
  }

  /// Bytes that each thread takes for a matrix.
  public static long scratchBytes(long rows, long rowBytes) {
    long panel = (long) PANEL_ROWS * Panel.STRIDE * Float.BYTES;
    return Math.addExact(panel, Math.multiplyExact(Math.min(rows, PANEL_ROWS), rowBytes));
  }

  /// Computes all features of `y` for the first `y.strips()` strips of `x`.
  public void multiply(WeightMatrix w, Activations x, Activations y) throws IOException {
    if (w.columns() != x.features() || w.rows() != y.features() || x.strips() < y.strips()) {
      throw new IllegalArgumentException("shapes of matrix and activations differ");
    }
    int rowBlocks = Math.ceilDiv(w.rows(), PANEL_ROWS);
    int wanted = Math.ceilDiv(TASKS_PER_THREAD * workers.count(), rowBlocks);
    int stripBlocks = Math.clamp(y.strips() / MIN_STRIPS, 1, wanted);
    workers.run(
        Math.multiplyExact(rowBlocks, stripBlocks),
        (task, worker) -> {
          int rowBlock = task / stripBlocks;
          int stripBlock = task % stripBlocks;
          int firstRow = rowBlock * PANEL_ROWS;
          int firstStrip = (int) ((long) y.strips() * stripBlock / stripBlocks);
          int endStrip = (int) ((long) y.strips() * (stripBlock + 1) / stripBlocks);
          int rows = Math.min(PANEL_ROWS, w.rows() - firstRow);
          block(w, firstRow, rows, x, y, firstStrip, endStrip, scratch[worker], panels[worker]);
        });
  }

  private void block(
      WeightMatrix w,
      int firstRow,
      int rows,
      Activations x,
      Activations y,
      int firstStrip,
      int endStrip,
      Scratch memory,
      Panel panel)
      throws IOException {
    MemorySegment rowBlock = w.rowBlock(firstRow, rows, memory.bytes(w.bytes(rows)));
    for (int strip = firstStrip; strip < endStrip; strip++) {
      int at = y.at(strip, firstRow);
      Arrays.fill(y.values(), at, at + rows * y.lanes(), 0);
    }
    for (int column = 0; column < w.columns(); column += Panel.COLUMNS) {
      int columns = Math.min(Panel.COLUMNS, w.columns() - column);
      for (int row = 0; row < rows; row++) {
        w.dequantize(rowBlock, row, column, columns, panel.array(row), Panel.at(row));
      }
      for (int strip = firstStrip; strip < endStrip; strip++) {
        kernels.multiplyPanel(
            panel,
            rows,
            columns,
            x.values(),
            x.at(strip, column),
            y.values(),
            y.at(strip, firstRow));
      }
    }
  }
}
