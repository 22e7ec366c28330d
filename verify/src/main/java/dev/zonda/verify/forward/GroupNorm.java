package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.StateSpace;
import java.io.IOException;

/// A norm of each of several groups of features, which have weights of their own.
///
/// @param units the norm of a group, without weights
/// @param weights (groups, features / groups)
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record GroupNorm(NormWeights units, float[] weights) {
  static GroupNorm of(StateSpace.GatedNorm network, int features, Tensors tensors, String name)
      throws FormatException {
    int length = features / network.groups();
    return new GroupNorm(
        NormWeights.unweighted(length, network.norm()),
        tensors.vector(name + ".weight", network.groups(), length));
  }

  static long heldFloats(StateSpace.GatedNorm network, int features) {
    return (long) features + features / network.groups();
  }

  /// Norms in place.
  void run(Pass pass, Activations x) throws IOException {
    pass.normHeads(units, x);
    pass.scaleFeatures(x, weights);
  }
}
