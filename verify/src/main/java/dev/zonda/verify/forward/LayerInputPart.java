package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.LayerInputs;
import dev.zonda.verify.network.Network;
import java.io.IOException;

/// What a layer makes of its input: `norm(projection(activation(gate(x)) * input))`.
///
/// @param gate (length, hidden)
/// @param projection (hidden, length)
record LayerInputPart(
    LayerInputs network, int layer, Linear gate, Linear projection, NormWeights norm) {
  static LayerInputPart of(LayerInputs inputs, Network network, int layer, Tensors tensors)
      throws FormatException {
    String block = "blk." + layer + ".";
    return new LayerInputPart(
        inputs,
        layer,
        tensors.linear(block + "inp_gate", inputs.length(), network.hidden()),
        tensors.linear(block + "proj", network.hidden(), inputs.length()),
        tensors.norm(block + "post_norm", network.hidden(), network.norm()));
  }

  /// @param x what the other parts of the layer have made of the residual stream
  /// @param out what is to be added to it
  void run(Pass pass, Activations x, Activations out) throws IOException {
    Activations inside = pass.work().take(network.length());
    pass.multiply(gate, x, inside);
    pass.gate(network.activation(), inside, pass.kept().input(layer));
    pass.multiply(projection, inside, out);
    pass.norm(norm, out, out);
  }
}
