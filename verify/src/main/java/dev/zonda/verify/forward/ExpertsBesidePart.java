package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.ExpertsBeside;
import dev.zonda.verify.network.Norm;
import java.io.IOException;
import java.util.Optional;

/// A network for all tokens and experts beside it, each with norms of its own.
///
/// @param routerNorm by which the router sees the residual stream, divided by the root of its width
record ExpertsBesidePart(
    NormWeights denseNorm,
    DensePart dense,
    NormWeights densePostNorm,
    NormWeights routerNorm,
    NormWeights expertNorm,
    ExpertPart experts,
    NormWeights expertPostNorm)
    implements FeedForwardPart {

  static ExpertsBesidePart of(
      ExpertsBeside network, Tensors tensors, String block, int hidden, Norm norm)
      throws FormatException {
    return new ExpertsBesidePart(
        tensors.norm(block + "ffn_norm", hidden, norm),
        DensePart.of(network.dense(), tensors, block, hidden, norm),
        tensors.norm(block + "post_ffw_norm_1", hidden, norm),
        new NormWeights(
            norm,
            tensors.vector(block + "ffn_gate_inp.scale", hidden),
            NormWeights.noBias(hidden, norm)),
        tensors.norm(block + "pre_ffw_norm_2", hidden, norm),
        ExpertPart.of(network.experts(), tensors, block, hidden),
        tensors.norm(block + "post_ffw_norm_2", hidden, norm));
  }

  static int workFeatures(ExpertsBeside network, int hidden) {
    int parts =
        Math.addExact(
            DensePart.workFeatures(network.dense()),
            ExpertPart.workFeatures(network.experts(), hidden));
    return Math.addExact(parts, 2 * hidden);
  }

  /// @param x the residual stream, without a norm
  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    Activations seen = pass.work().take(x.features());
    pass.norm(denseNorm, x, seen);
    dense.run(pass, seen, out);
    pass.norm(densePostNorm, out, out);

    pass.norm(routerNorm, x, seen);
    pass.scale(seen, (float) (1 / Math.sqrt(x.features())));
    Routes routes = experts.routes(pass, seen);
    pass.norm(expertNorm, x, seen);
    Activations made = pass.work().take(x.features());
    experts.run(pass, seen, Optional.of(routes), made);
    pass.norm(expertPostNorm, made, made);
    pass.add(out, made);
  }
}
