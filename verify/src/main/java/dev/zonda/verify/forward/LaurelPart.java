package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.AltUp;
import dev.zonda.verify.network.Network;
import java.io.IOException;

/// Two narrow matrices beside attention, which see what it sees, and add their normed product to
/// that (Laurel).
///
/// @param left (rank, hidden)
/// @param right (hidden, rank)
record LaurelPart(Linear left, Linear right, NormWeights norm) {
  private static final float HALF = (float) Math.sqrt(0.5);

  static LaurelPart of(AltUp altUp, Network network, String block, Tensors tensors)
      throws FormatException {
    int hidden = network.hidden();
    return new LaurelPart(
        tensors.linear(block + "laurel_l", altUp.rank(), hidden),
        tensors.linear(block + "laurel_r", hidden, altUp.rank()),
        tensors.norm(block + "laurel_post_norm", hidden, network.norm()));
  }

  static int workFeatures(AltUp altUp, int hidden) {
    return Math.addExact(altUp.rank(), hidden);
  }

  /// Adds it to what attention has made of the residual stream, as energies add up.
  ///
  /// @param seen what attention has seen
  void run(Pass pass, Activations seen, Activations x) throws IOException {
    Activations narrow = pass.work().take(left.weights().rows());
    Activations wide = pass.work().take(x.features());
    pass.multiply(left, seen, narrow);
    pass.multiply(right, narrow, wide);
    pass.norm(norm, wide, wide);
    pass.add(x, seen);
    pass.add(x, wide);
    pass.scale(x, HALF);
  }
}
