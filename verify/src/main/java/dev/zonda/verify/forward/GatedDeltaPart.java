package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.network.GatedDelta;
import dev.zonda.verify.network.Norm;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// The gated delta rule.
///
/// @param mixed (queries, keys, values; hidden)
/// @param gate (values, hidden)
/// @param factors one or two matrices, (heads, hidden) each, that make strengths and decays
/// @param unit makes the lengths of queries and keys one
/// @param steps (heads) added to what makes decays
/// @param rates (heads) of the decays, negative
/// @param norm of each head's result
/// @param output (hidden, values)
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record GatedDeltaPart(
    GatedDelta network,
    Linear mixed,
    Linear gate,
    Projections factors,
    Convolution convolution,
    NormWeights unit,
    float[] steps,
    float[] rates,
    NormWeights norm,
    Linear output)
    implements AttentionPart {
  /// Added to the square of a length before its root, by the definition of the models.
  private static final double LENGTH_EPSILON = 1e-6;

  static GatedDeltaPart of(GatedDelta network, Tensors tensors, String block, int hidden)
      throws FormatException {
    LinearAttention heads = network.heads();
    int count = heads.heads();
    return new GatedDeltaPart(
        network,
        tensors.linear(block + "attn_qkv", network.mixedFeatures(), hidden),
        tensors.linear(block + "attn_gate", network.valueFeatures(), hidden),
        new Projections(
            switch (network.factors()) {
              case SPLIT ->
                  List.of(
                      tensors.linear(block + "ssm_beta", count, hidden),
                      tensors.linear(block + "ssm_alpha", count, hidden));
              case JOINED -> List.of(tensors.linear(block + "ssm_ba", 2 * count, hidden));
            }),
        Convolution.of(
            tensors, block + "ssm_conv1d", network.mixedFeatures(), network.convolution()),
        unitLength(heads.keyLength()),
        tensors.vector(block + "ssm_dt.bias", count),
        tensors.vector(block + "ssm_a", count),
        tensors.norm(block + "ssm_norm", heads.valueLength(), network.norm()),
        tensors.linear(block + "ssm_out", hidden, network.valueFeatures()));
  }

  /// A norm that divides by the root of the sum of squares, instead of their mean.
  static NormWeights unitLength(int length) {
    float[] weights = new float[length];
    Arrays.fill(weights, (float) (1 / Math.sqrt(length)));
    Norm norm = new Norm(Norm.Kind.RMS, (float) (LENGTH_EPSILON / length));
    return new NormWeights(norm, weights, NormWeights.noBias(length, norm));
  }

  static long madeFloats(GatedDelta network) {
    return network.heads().keyLength()
        + Convolution.heldFloats(network.mixedFeatures(), network.convolution());
  }

  static int workFeatures(GatedDelta network) {
    int count = Math.multiplyExact(4, network.heads().heads());
    int values = Math.multiplyExact(2, network.valueFeatures());
    return Math.addExact(Math.addExact(2 * network.mixedFeatures(), values), count);
  }

  @Override
  public void run(Pass pass, Activations x, Activations made) throws IOException {
    int keys = network.keyFeatures();
    int values = network.valueFeatures();
    int count = network.heads().heads();
    Activations before = pass.work().take(network.mixedFeatures());
    Activations sums = pass.work().take(network.mixedFeatures());
    Activations gates = pass.work().take(values);
    Activations read = pass.work().take(values);
    Activations products = pass.work().take(2 * count);
    Activations strengths = pass.work().take(count);
    Activations decays = pass.work().take(count);

    pass.multiply(mixed, x, before);
    pass.multiply(gate, x, gates);
    factors.multiply(pass, x, products);
    convolution.run(pass, before, sums);
    pass.activate(ActivationFunction.SILU, sums);
    Activations queries = sums.part(0, keys);
    pass.normHeads(unit, queries);
    pass.scale(queries, (float) (1 / Math.sqrt(network.heads().keyLength())));
    pass.normHeads(unit, sums.part(keys, keys));
    factors(pass, products, strengths, decays);
    pass.attend(
        network.heads(),
        new LinearAttention.Inputs(
            queries, sums.part(keys, keys), sums.part(2 * keys, values), decays, strengths),
        read);
    pass.normHeads(norm, read);
    pass.gate(ActivationFunction.SILU, gates, read);
    pass.multiply(output, gates, made);
  }

  /// Makes strengths and decays of products with their matrices.
  private void factors(Pass pass, Activations products, Activations strengths, Activations decays)
      throws IOException {
    int count = network.heads().heads();
    int shared = count / network.heads().keyHeads();
    pass.machine()
        .eachStrip(
            products.strips(),
            (strip, _) -> {
              for (int head = 0; head < count; head++) {
                int strength =
                    switch (network.factors()) {
                      case SPLIT -> head;
                      case JOINED -> head / shared * 2 * shared + head % shared;
                    };
                int decay =
                    switch (network.factors()) {
                      case SPLIT -> count + head;
                      case JOINED -> strength + shared;
                    };
                System.arraycopy(
                    products.values(),
                    products.at(strip, strength),
                    strengths.values(),
                    strengths.at(strip, head),
                    products.lanes());
                Steps.decays(
                    products,
                    products.at(strip, decay),
                    steps[head],
                    rates[head],
                    decays,
                    decays.at(strip, head));
              }
              pass.kernels()
                  .sigmoid(strengths.values(), strengths.at(strip), strengths.stripSize());
            });
  }
}
