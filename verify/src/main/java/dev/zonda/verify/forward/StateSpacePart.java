package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.network.StateSpace;
import java.io.IOException;
import java.util.Optional;

/// Mamba-2.
///
/// @param in (gate, input, writing and reading vectors, steps; hidden)
/// @param own what each head has of its own
/// @param norm of groups of what is read, with the weights of each
/// @param output (hidden, inner)
record StateSpacePart(
    StateSpace network,
    Linear in,
    Convolution convolution,
    StateSpaceHeads own,
    Optional<GroupNorm> norm,
    Linear output)
    implements AttentionPart {

  static StateSpacePart of(StateSpace network, Tensors tensors, String block, int hidden)
      throws FormatException {
    LinearAttention heads = network.heads();
    int count = heads.heads();
    int inner = network.innerFeatures();
    return new StateSpacePart(
        network,
        tensors.linear(
            block + "ssm_in", Math.addExact(inner + count, network.mixedFeatures()), hidden),
        Convolution.of(
            tensors, block + "ssm_conv1d", network.mixedFeatures(), network.convolution()),
        new StateSpaceHeads(
            tensors.vector(block + "ssm_dt.bias", count),
            tensors.vector(block + "ssm_a", count, 1),
            tensors.vector(block + "ssm_d", count, 1)),
        network.norm().isEmpty()
            ? Optional.empty()
            : Optional.of(GroupNorm.of(network.norm().get(), inner, tensors, block + "ssm_norm")),
        tensors.linear(block + "ssm_out", hidden, inner));
  }

  static long madeFloats(StateSpace network) {
    int inner = network.innerFeatures();
    return Convolution.heldFloats(network.mixedFeatures(), network.convolution())
        + 2L * network.heads().heads()
        + network.norm().map(norm -> GroupNorm.heldFloats(norm, inner)).orElse(0L);
  }

  static int workFeatures(StateSpace network) {
    int count = Math.multiplyExact(3, network.heads().heads());
    int inner = Math.multiplyExact(2, network.innerFeatures());
    return Math.addExact(Math.addExact(2 * network.mixedFeatures(), inner), count);
  }

  @Override
  public void run(Pass pass, Activations x, Activations made) throws IOException {
    int inner = network.innerFeatures();
    int states = network.stateFeatures();
    int count = network.heads().heads();
    Activations all = pass.work().take(inner + network.mixedFeatures() + count);
    Activations gates = all.part(0, inner);
    Activations products = all.part(inner + network.mixedFeatures(), count);
    Activations sums = pass.work().take(network.mixedFeatures());
    Activations read = pass.work().take(inner);
    Activations strengths = pass.work().take(count);
    Activations decays = pass.work().take(count);

    pass.multiply(in, x, all);
    convolution.run(pass, all.part(inner, network.mixedFeatures()), sums);
    pass.activate(ActivationFunction.SILU, sums);
    own.steps(pass, products, network.leastStep(), network.mostStep(), strengths, decays);
    Activations input = sums.part(0, inner);
    pass.attend(
        network.heads(),
        new LinearAttention.Inputs(
            sums.part(inner + states, states), sums.part(inner, states), input, decays, strengths),
        read);
    own.skip(pass, input, read);
    boolean isNormedFirst =
        norm.isPresent()
            && switch (network.norm().orElseThrow().place()) {
              case BEFORE_GATE -> true;
              case AFTER_GATE -> false;
            };
    if (isNormedFirst) {
      norm.get().run(pass, read);
    }
    pass.gate(ActivationFunction.SILU, gates, read);
    if (norm.isPresent() && !isNormedFirst) {
      norm.get().run(pass, gates);
    }
    pass.multiply(output, gates, made);
  }
}
