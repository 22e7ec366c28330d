package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.ChannelDelta;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.KimiDelta;
import java.io.IOException;
import java.util.List;

/// Kimi delta attention. `features` are those of all heads.
///
/// @param mixed that make queries, keys and values, (features, hidden) each
/// @param convolutions of the same
/// @param strengths (heads, hidden)
/// @param unit makes the lengths of queries and keys one
/// @param decays (rank, hidden) and (features, rank)
/// @param steps (features) added to what makes decays
/// @param rates (heads) of the decays, negative
/// @param gates (rank, hidden) and (features, rank)
/// @param norm of each head's result
/// @param output (hidden, features)
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record KimiDeltaPart(
    KimiDelta network,
    Projections mixed,
    List<Convolution> convolutions,
    Linear strengths,
    NormWeights unit,
    List<Linear> decays,
    float[] steps,
    float[] rates,
    List<Linear> gates,
    NormWeights norm,
    Linear output)
    implements AttentionPart {

  static KimiDeltaPart of(KimiDelta network, Tensors tensors, String block, int hidden)
      throws FormatException {
    int heads = network.heads().heads();
    int length = network.heads().keyLength();
    int features = network.features();
    return new KimiDeltaPart(
        network,
        Projections.of(
            tensors,
            block + "attn_qkv",
            List.of(block + "attn_q", block + "attn_k", block + "attn_v"),
            List.of(features, features, features),
            hidden),
        List.of(
            convolution(network, tensors, block + "ssm_conv1d_q.weight"),
            convolution(network, tensors, block + "ssm_conv1d_k.weight"),
            convolution(network, tensors, block + "ssm_conv1d_v.weight")),
        tensors.linear(block + "ssm_beta", heads, hidden),
        GatedDeltaPart.unitLength(length),
        List.of(
            tensors.linear(block + "ssm_f_a", network.rank(), hidden),
            tensors.linear(block + "ssm_f_b", features, network.rank())),
        tensors.vector(block + "ssm_dt.bias", features),
        tensors.vector(block + "ssm_a", heads, 1),
        List.of(
            tensors.linear(block + "ssm_g_a", network.rank(), hidden),
            tensors.linear(block + "ssm_g_b", features, network.rank())),
        tensors.norm(block + "ssm_norm", length, network.norm()),
        tensors.linear(block + "attn_output", hidden, features));
  }

  private static Convolution convolution(KimiDelta network, Tensors tensors, String name)
      throws FormatException {
    int length = network.convolution();
    float[] weights = tensors.vector(name, network.features(), 1, length);
    return Convolution.of(network.features(), length, weights);
  }

  static long madeFloats(KimiDelta network) {
    return (long) network.heads().keyLength()
        + network.heads().heads()
        + 3 * Convolution.heldFloats(network.features(), network.convolution());
  }

  static int workFeatures(KimiDelta network) {
    int features = Math.multiplyExact(9, network.features());
    return Math.addExact(features, network.rank() + network.heads().heads());
  }

  @Override
  public void run(Pass pass, Activations x, Activations made) throws IOException {
    int features = network.features();
    Activations before = pass.work().take(3 * features);
    Activations sums = pass.work().take(3 * features);
    Activations left = pass.work().take(features);
    Activations factors = pass.work().take(features);
    Activations read = pass.work().take(features);
    Activations down = pass.work().take(network.rank());
    Activations written = pass.work().take(network.heads().heads());

    mixed.multiply(pass, x, before);
    for (int i = 0; i < convolutions.size(); i++) {
      convolutions
          .get(i)
          .run(pass, before.part(i * features, features), sums.part(i * features, features));
    }
    pass.activate(network.activation(), sums);
    Activations queries = sums.part(0, features);
    Activations keys = sums.part(features, features);
    pass.normHeads(unit, queries);
    pass.scale(queries, (float) (1 / Math.sqrt(network.heads().keyLength())));
    pass.normHeads(unit, keys);
    pass.multiply(strengths, x, written);
    pass.sigmoid(written);
    through(pass, decays, x, down, factors);
    makeLeft(pass, factors, left);
    pass.attend(
        network.heads(),
        new ChannelDelta.Inputs(queries, keys, sums.part(2 * features, features), left, written),
        read);
    pass.normHeads(norm, read);
    through(pass, gates, x, down, factors);
    pass.gate(HeadAttention.GateFunction.SIGMOID, factors, read, 1);
    pass.multiply(output, read, made);
  }

  private static void through(
      Pass pass, List<Linear> matrices, Activations x, Activations down, Activations y)
      throws IOException {
    pass.multiply(matrices.getFirst(), x, down);
    pass.multiply(matrices.getLast(), down, y);
  }

  /// Makes what is left of each row of states.
  ///
  /// @param products what decays are made of, changed in place
  private void makeLeft(Pass pass, Activations products, Activations left) throws IOException {
    int length = network.heads().keyLength();
    int size = length * products.lanes();
    pass.machine()
        .eachStrip(
            products.strips(),
            (strip, _) -> {
              for (int head = 0; head < rates.length; head++) {
                int from = products.at(strip, head * length);
                int to = left.at(strip, head * length);
                float[] x = products.values();
                pass.kernels().addBias(x, from, length, steps, head * length);
                pass.kernels().softplus(x, from, size);
                Pass.scale(x, from, size, rates[head]);
                pass.kernels().exp(x, from, 0, left.values(), to, size);
              }
            });
  }
}
