package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import java.io.IOException;

/// What is left of attention where a matrix stands for it.
record MatrixPart(Linear matrix) implements AttentionPart {
  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    pass.multiply(matrix, x, out);
  }
}
