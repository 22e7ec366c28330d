package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.ShortConvolution;
import java.io.IOException;

/// Sums over the last few tokens between two gates.
///
/// @param in (3 * hidden, hidden): the gate before, the gate behind, and what is summed
/// @param out (hidden, hidden)
record ShortConvolutionPart(Linear in, Convolution convolution, Linear out)
    implements AttentionPart {
  static ShortConvolutionPart of(
      ShortConvolution network, Tensors tensors, String block, int hidden) throws FormatException {
    return new ShortConvolutionPart(
        tensors.linear(block + "shortconv.in_proj", Math.multiplyExact(3, hidden), hidden),
        Convolution.of(tensors, block + "shortconv.conv", hidden, network.length()),
        tensors.linear(block + "shortconv.out_proj", hidden, hidden));
  }

  static int workFeatures(int hidden) {
    return Math.multiplyExact(4, hidden);
  }

  @Override
  public void run(Pass pass, Activations x, Activations made) throws IOException {
    int hidden = x.features();
    Activations all = pass.work().take(3 * hidden);
    Activations before = all.part(0, hidden);
    Activations behind = all.part(hidden, hidden);
    Activations value = all.part(2 * hidden, hidden);
    Activations sums = pass.work().take(hidden);
    pass.multiply(in, x, all);
    pass.multiply(value, before);
    convolution.run(pass, value, sums);
    pass.multiply(sums, behind);
    pass.multiply(out, sums, made);
  }
}
