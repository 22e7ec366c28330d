package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.NormedStateSpace;
import java.io.IOException;

/// The state spaces of PLaMo 2.
///
/// @param in (heads; gate, input; hidden)
/// @param made (writing vector, reading vector, what steps are made of; inner)
/// @param writing norm of what writes states
/// @param reading norm of what reads them
/// @param stepping norm of what steps are made of
/// @param toSteps (heads, features that steps are made of)
/// @param own what each head has of its own
/// @param output (hidden, inner)
record NormedStateSpacePart(
    NormedStateSpace network,
    Linear in,
    Convolution convolution,
    Linear made,
    NormWeights writing,
    NormWeights reading,
    NormWeights stepping,
    Linear toSteps,
    StateSpaceHeads own,
    Linear output)
    implements AttentionPart {

  static NormedStateSpacePart of(
      NormedStateSpace network, Tensors tensors, String block, int hidden) throws FormatException {
    LinearAttention heads = network.heads();
    int count = heads.heads();
    int inner = network.innerFeatures();
    Norm norm = network.norm();
    return new NormedStateSpacePart(
        network,
        tensors.linear(block + "ssm_in", 2 * inner, hidden),
        Convolution.of(tensors, block + "ssm_conv1d", inner, network.convolution()),
        tensors.linear(block + "ssm_x", network.madeFeatures(), inner),
        tensors.norm(block + "ssm_b_norm", heads.keyLength(), norm),
        tensors.norm(block + "ssm_c_norm", heads.keyLength(), norm),
        tensors.norm(block + "ssm_dt_norm", network.stepFeatures(), norm),
        // Its bias is added with the heads' own.
        new Linear(
            tensors.matrix(block + "ssm_dt.weight", count, network.stepFeatures()), new float[0]),
        new StateSpaceHeads(
            tensors.vector(block + "ssm_dt.bias", count),
            tensors.vector(block + "ssm_a", count),
            tensors.vector(block + "ssm_d", count)),
        tensors.linear(block + "ssm_out", hidden, inner));
  }

  static long madeFloats(NormedStateSpace network) {
    return Convolution.heldFloats(network.innerFeatures(), network.convolution());
  }

  static int workFeatures(NormedStateSpace network) {
    int inner = Math.multiplyExact(4, network.innerFeatures());
    int count = Math.multiplyExact(3, network.heads().heads());
    return Math.addExact(Math.addExact(inner, network.madeFeatures()), count);
  }

  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    int inner = network.innerFeatures();
    int states = network.heads().keyLength();
    int count = network.heads().heads();
    Activations all = pass.work().take(2 * inner);
    Activations gates = pass.work().take(inner);
    Activations input = pass.work().take(inner);
    Activations vectors = pass.work().take(network.madeFeatures());
    Activations products = pass.work().take(count);
    Activations strengths = pass.work().take(count);
    Activations decays = pass.work().take(count);

    pass.multiply(in, x, all);
    pass.split(all, network.heads().valueLength(), gates, input);
    Activations sums = all.part(0, inner);
    convolution.run(pass, input, sums);
    pass.activate(ActivationFunction.SILU, sums);
    pass.multiply(made, sums, vectors);
    Activations keys = vectors.part(0, states);
    Activations queries = vectors.part(states, states);
    Activations steps = vectors.part(2 * states, network.stepFeatures());
    pass.normHeads(writing, keys);
    pass.normHeads(reading, queries);
    pass.normHeads(stepping, steps);
    pass.multiply(toSteps, steps, products);
    own.steps(pass, products, 0, Float.POSITIVE_INFINITY, strengths, decays);
    Activations read = all.part(inner, inner);
    pass.attend(
        network.heads(), new LinearAttention.Inputs(queries, keys, sums, decays, strengths), read);
    own.skip(pass, sums, read);
    pass.gate(ActivationFunction.SILU, gates, read);
    pass.multiply(output, gates, out);
  }
}
