package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.Norm;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// A network that every token passes.
///
/// @param in (feedForward, hidden), twice if gated: first the gate, then what it gates
/// @param outputNorm of what comes into the last matrix
/// @param down (hidden, feedForward)
record DensePart(
    DenseNetwork network, Projections in, Optional<NormWeights> outputNorm, Linear down)
    implements FeedForwardPart {
  /// A network that may have a norm before its last matrix.
  ///
  /// @param norm the kind
  static DensePart of(DenseNetwork network, Tensors tensors, String block, int hidden, Norm norm)
      throws FormatException {
    DensePart part = of(network, tensors, block, "", hidden);
    return network.hasOutputNorm()
        ? new DensePart(
            network,
            part.in,
            Optional.of(tensors.norm(block + "ffn_sub_norm", network.length(), norm)),
            part.down)
        : part;
  }

  /// @param suffix of the tensors' names: `_shexp` for a network next to experts
  static DensePart of(
      DenseNetwork network, Tensors tensors, String block, String suffix, int hidden)
      throws FormatException {
    String gate = block + "ffn_gate" + suffix;
    String up = block + "ffn_up" + suffix;
    int length = network.length();
    Projections in =
        network.isGated()
            ? Projections.of(tensors, up, List.of(gate, up), List.of(length, length), hidden)
            : new Projections(List.of(tensors.linear(up, length, hidden)));
    return new DensePart(
        network, in, Optional.empty(), tensors.linear(block + "ffn_down" + suffix, hidden, length));
  }

  static int workFeatures(DenseNetwork network) {
    return network.isGated() ? Math.multiplyExact(2, network.length()) : network.length();
  }

  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    int length = network.length();
    Activations all = pass.work().take(workFeatures(network));
    Activations inside = all.part(0, length);
    in.multiply(pass, x, all);
    if (network.sparsity() > Float.NEGATIVE_INFINITY) {
      SparseGates.cut(pass, inside, network.sparsity());
    }
    if (network.isGated()) {
      pass.gate(network.activation(), inside, all.part(length, length));
    } else {
      pass.activate(network.activation(), inside);
    }
    if (outputNorm.isPresent()) {
      pass.norm(outputNorm.get(), inside, inside);
    }
    pass.multiply(down, inside, out);
  }
}
