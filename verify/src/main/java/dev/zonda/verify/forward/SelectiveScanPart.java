package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.ChannelScan;
import dev.zonda.verify.network.SelectiveScan;
import java.io.IOException;
import java.util.Optional;

/// Mamba.
///
/// @param in (input, gate; hidden)
/// @param choices (features of steps, writing, reading; inner)
/// @param steps (inner, features of steps)
/// @param scan the states
/// @param norms of the choices, if they are normed
/// @param output (hidden, inner)
record SelectiveScanPart(
    SelectiveScan network,
    Linear in,
    Convolution convolution,
    Linear choices,
    Linear steps,
    ChannelScan scan,
    Optional<ChoiceNorms> norms,
    Linear output)
    implements AttentionPart {

  /// Norms of what the input chooses.
  record ChoiceNorms(NormWeights step, NormWeights writing, NormWeights reading) {}

  static SelectiveScanPart of(SelectiveScan network, Tensors tensors, String block, int hidden)
      throws FormatException {
    int inner = network.inner();
    int length = network.stateLength();
    return new SelectiveScanPart(
        network,
        tensors.linear(block + "ssm_in", 2 * inner, hidden),
        Convolution.of(tensors, block + "ssm_conv1d", inner, network.convolution()),
        tensors.linear(block + "ssm_x", network.choices(), inner),
        tensors.linear(block + "ssm_dt", inner, network.rank()),
        new ChannelScan(
            inner,
            length,
            tensors.vector(block + "ssm_a", inner, length),
            tensors.vector(block + "ssm_d", inner)),
        norms(network, tensors, block),
        tensors.linear(block + "ssm_out", hidden, inner));
  }

  private static Optional<ChoiceNorms> norms(SelectiveScan network, Tensors tensors, String block)
      throws FormatException {
    int rank = network.rank();
    int length = network.stateLength();
    return switch (network.norms()) {
      case NONE -> Optional.empty();
      case UNWEIGHTED -> {
        NormWeights ofStates = NormWeights.unweighted(length, network.norm());
        yield Optional.of(
            new ChoiceNorms(NormWeights.unweighted(rank, network.norm()), ofStates, ofStates));
      }
      case WEIGHTED ->
          Optional.of(
              new ChoiceNorms(
                  tensors.norm(block + "ssm_dt_norm", rank, network.norm()),
                  tensors.norm(block + "ssm_b_norm", length, network.norm()),
                  tensors.norm(block + "ssm_c_norm", length, network.norm())));
    };
  }

  static long madeFloats(SelectiveScan network) {
    long norms =
        switch (network.norms()) {
          case UNWEIGHTED -> (long) network.rank() + network.stateLength();
          case NONE, WEIGHTED -> 0;
        };
    return Convolution.heldFloats(network.inner(), network.convolution())
        + (long) network.inner() * network.stateLength()
        + norms;
  }

  static int workFeatures(SelectiveScan network) {
    return Math.addExact(Math.multiplyExact(4, network.inner()), network.choices());
  }

  static long stateBytes(SelectiveScan network) {
    return ChannelScan.scratchBytes(network.stateLength());
  }

  @Override
  public void run(Pass pass, Activations x, Activations made) throws IOException {
    int inner = network.inner();
    int rank = network.rank();
    int length = network.stateLength();
    Activations all = pass.work().take(2 * inner);
    Activations input = all.part(0, inner);
    Activations gates = all.part(inner, inner);
    Activations sums = pass.work().take(inner);
    Activations chosen = pass.work().take(network.choices());
    Activations products = pass.work().take(inner);
    Activations step = chosen.part(0, rank);
    Activations writing = chosen.part(rank, length);
    Activations reading = chosen.part(rank + length, length);

    pass.multiply(in, x, all);
    convolution.run(pass, input, sums);
    pass.activate(network.activation(), sums);
    pass.multiply(choices, sums, chosen);
    if (norms.isPresent()) {
      pass.normHeads(norms.get().step(), step);
      pass.normHeads(norms.get().writing(), writing);
      pass.normHeads(norms.get().reading(), reading);
    }
    pass.multiply(steps, step, products);
    pass.softplus(products);
    // The input is done with: its place takes what is read.
    pass.scan(scan, new ChannelScan.Inputs(sums, products, writing, reading), input);
    pass.gate(ActivationFunction.SILU, gates, input);
    pass.multiply(output, gates, made);
  }
}
