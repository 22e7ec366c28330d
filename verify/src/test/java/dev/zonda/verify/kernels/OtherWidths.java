package dev.zonda.verify.kernels;

/// Kernels with strips of any number of tokens, for tests of what must not depend on it.
public final class OtherWidths {
  private OtherWidths() {}

  public static Kernels of(int lanes) {
    return new ScalarKernels(lanes);
  }
}
