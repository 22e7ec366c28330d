package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Norm;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Attention with a key and a value per token in each head.
///
/// @param layer its number
/// @param projections (queries, keys, values; hidden), without those that the layer does not have
/// @param queryNorm of each head or of all heads, as the network says
/// @param valueNorm of each head, without weights
/// @param headWeights of queries and of keys where each head has its own, else empty
/// @param output (hidden, heads * valueLength)
/// @param outputNorm of what heads have gathered
/// @param sinks (heads), or empty
/// @param gate (heads or heads * valueLength; hidden)
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record HeadAttentionPart(
    HeadAttention network,
    int layer,
    AttentionStrip attention,
    Projections projections,
    Optional<NormWeights> queryNorm,
    Optional<NormWeights> keyNorm,
    Optional<NormWeights> valueNorm,
    List<float[]> headWeights,
    Linear output,
    Optional<NormWeights> outputNorm,
    float[] sinks,
    Optional<Linear> gate)
    implements AttentionPart {

  static HeadAttentionPart of(
      HeadAttention network, int layer, Tensors tensors, int hidden, Norm norm)
      throws FormatException {
    String block = "blk." + layer + ".";
    AttentionStrip attention =
        new AttentionStrip(
            network.heads(),
            network.keyValueHeads(),
            network.keyLength(),
            network.valueLength(),
            network.scale(),
            network.window(),
            network.cap(),
            network.slopes(),
            network.sparse());
    int projected = projected(network);
    Projections projections =
        Projections.of(
            tensors,
            block + "attn_qkv",
            List.of(block + "attn_q", block + "attn_k", block + "attn_v").subList(0, projected),
            List.of(queryRows(network), network.keyFeatures(), network.valueFeatures())
                .subList(0, projected),
            hidden);
    return new HeadAttentionPart(
        network,
        layer,
        attention,
        projections,
        headNorm(network, network.queryFeatures(), tensors, block + "attn_q_norm", norm),
        network.source().isPresent()
            ? Optional.empty()
            : headNorm(network, network.keyFeatures(), tensors, block + "attn_k_norm", norm),
        normsValues(network)
            ? Optional.of(NormWeights.unweighted(network.valueLength(), norm))
            : Optional.empty(),
        headWeights(network, tensors, block),
        tensors.linear(block + "attn_output", hidden, network.outputFeatures()),
        network.hasOutputNorm()
            ? Optional.of(tensors.norm(block + "attn_sub_norm", network.outputFeatures(), norm))
            : Optional.empty(),
        network.hasSinks()
            ? tensors.vector(block + "attn_sinks.weight", network.heads())
            : new float[0],
        network.gate().isEmpty() || network.isGatedByQueries()
            ? Optional.empty()
            : Optional.of(
                tensors.linear(block + "attn_gate", network.gate().get().features(), hidden)));
  }

  private static int queryRows(HeadAttention network) {
    return network.isGatedByQueries()
        ? Math.multiplyExact(2, network.queryFeatures())
        : network.queryFeatures();
  }

  /// How many of queries, keys and values have a projection.
  private static int projected(HeadAttention network) {
    if (network.source().isPresent()) {
      return 1;
    }
    return switch (network.values()) {
      case OWN, OWN_NORMED -> 3;
      case KEYS_NORMED -> 2;
    };
  }

  private static boolean normsValues(HeadAttention network) {
    return network.source().isEmpty()
        && switch (network.values()) {
          case OWN -> false;
          case OWN_NORMED, KEYS_NORMED -> true;
        };
  }

  private static List<float[]> headWeights(HeadAttention network, Tensors tensors, String block)
      throws FormatException {
    if (network.headNorms() != HeadAttention.HeadNorms.OWN_WEIGHTS) {
      return List.of();
    }
    int length = network.keyLength();
    return List.of(
        tensors.vector(block + "attn_q_norm.weight", network.heads(), length),
        tensors.vector(block + "attn_k_norm.weight", network.keyValueHeads(), length));
  }

  private static Optional<NormWeights> headNorm(
      HeadAttention network, int features, Tensors tensors, String name, Norm norm)
      throws FormatException {
    return switch (network.headNorms()) {
      case NONE -> Optional.empty();
      case EACH_HEAD, EACH_ROTATED_HEAD ->
          Optional.of(tensors.norm(name, network.keyLength(), norm));
      case ALL_HEADS -> Optional.of(tensors.norm(name, features, norm));
      case OWN_WEIGHTS, UNWEIGHTED ->
          Optional.of(NormWeights.unweighted(network.keyLength(), norm));
    };
  }

  /// Floats of slopes, and of norms that have no weights.
  static long madeFloats(HeadAttention network, Norm norm) {
    long features = network.keyLength();
    long norms =
        switch (network.headNorms()) {
          case NONE, EACH_HEAD, EACH_ROTATED_HEAD, ALL_HEADS -> 0;
          case UNWEIGHTED -> 2 * (features + NormWeights.biasFloats(features, norm));
          case OWN_WEIGHTS ->
              2 * (features + NormWeights.biasFloats(features, norm))
                  + network.queryFeatures()
                  + network.keyFeatures();
        };
    long values =
        normsValues(network)
            ? network.valueLength() + NormWeights.biasFloats(network.valueLength(), norm)
            : 0;
    return norms + values + network.slopes().length;
  }

  static int workFeatures(HeadAttention network) {
    return queryRows(network)
        + (network.isGatedByQueries() ? network.queryFeatures() : 0)
        + network.keyFeatures()
        + network.valueFeatures()
        + network.outputFeatures()
        + network.gate().map(HeadAttention.OutputGate::features).orElse(0);
  }

  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    int queryRows = queryRows(network);
    int keyFeatures = network.keyFeatures();
    Activations all = pass.work().take(queryRows + keyFeatures + network.valueFeatures());
    Activations key = all.part(queryRows, keyFeatures);
    Activations value = all.part(queryRows + keyFeatures, network.valueFeatures());
    projections.multiply(pass, x, all);
    Optional<Activations> factors =
        network.gate().isEmpty()
            ? Optional.empty()
            : Optional.of(pass.work().take(network.gate().get().features()));
    Activations query = all.part(0, queryRows);
    if (network.isGatedByQueries()) {
      query = pass.work().take(network.queryFeatures());
      pass.split(all.part(0, queryRows), network.keyLength(), query, factors.orElseThrow());
    }
    if (network.source().isPresent()) {
      int source = network.source().getAsInt();
      shape(pass, query);
      Sides sides = new Sides(query, pass.kept().keys(source), pass.kept().values(source), factors);
      finish(pass, x, sides, out);
      return;
    }
    if (network.values() == HeadAttention.Values.KEYS_NORMED) {
      pass.copy(key, value);
    }
    boolean isClamped = Float.isFinite(network.clamp());
    if (isClamped && !network.clampsNormed()) {
      pass.clamp(all, network.clamp());
    }
    pass.scale(value, network.valueScale());
    boolean isNormedLast =
        switch (network.headNorms()) {
          case NONE, EACH_HEAD, OWN_WEIGHTS, ALL_HEADS -> false;
          case EACH_ROTATED_HEAD, UNWEIGHTED -> true;
        };
    if (!isNormedLast) {
      norm(pass, query, key);
    }
    if (valueNorm.isPresent()) {
      pass.normHeads(valueNorm.get(), value);
    }
    if (isClamped && network.clampsNormed()) {
      pass.clamp(all, network.clamp());
    }
    if (network.rotary().isPresent()) {
      pass.rotate(network.rotary().get(), query, network.keyLength());
      pass.rotate(network.rotary().get(), key, network.keyLength());
    }
    if (isNormedLast) {
      norm(pass, query, key);
    }
    pass.kept().keep(pass, layer, key, value);
    finish(pass, x, new Sides(query, key, value, factors), out);
  }

  /// Norms and rotates the queries of a layer that uses keys and values of another.
  private void shape(Pass pass, Activations query) throws IOException {
    if (queryNorm.isPresent()) {
      pass.normHeads(queryNorm.get(), query);
    }
    if (network.rotary().isPresent()) {
      pass.rotate(network.rotary().get(), query, network.keyLength());
    }
  }

  /// What heads compare and gather.
  ///
  /// @param factors a place for what the result is multiplied by, which holds it already if queries
  ///   made it
  private record Sides(
      Activations queries, Activations keys, Activations values, Optional<Activations> factors) {}

  private void finish(Pass pass, Activations x, Sides sides, Activations out) throws IOException {
    if (network.temperature().isPresent()) {
      pass.scaleTokens(sides.queries(), factors(network.temperature().get()::factor, pass.batch()));
    }

    Activations attended = pass.work().take(network.outputFeatures());
    float[] growth =
        network.growth().isEmpty()
            ? new float[0]
            : factors(network.growth().get()::factor, pass.batch());
    attend(
        pass,
        attention,
        new AttentionStrip.Inputs(sides.queries(), sides.keys(), sides.values(), sinks, growth),
        attended);
    if (outputNorm.isPresent()) {
      pass.norm(outputNorm.get(), attended, attended);
    }
    if (gate.isPresent()) {
      pass.multiply(gate.get(), x, sides.factors().orElseThrow());
    }
    if (sides.factors().isPresent()) {
      HeadAttention.OutputGate shape = network.gate().orElseThrow();
      int length = network.outputFeatures() / shape.features();
      pass.gate(shape.function(), sides.factors().get(), attended, length);
    }
    pass.multiply(output, attended, out);
  }

  private void norm(Pass pass, Activations query, Activations key) throws IOException {
    if (queryNorm.isPresent()) {
      pass.normHeads(queryNorm.get(), query);
    }
    if (keyNorm.isPresent()) {
      pass.normHeads(keyNorm.get(), key);
    }
    if (!headWeights.isEmpty()) {
      pass.scaleFeatures(query, headWeights.getFirst());
      pass.scaleFeatures(key, headWeights.getLast());
    }
  }

  /// Each query gathers the values of the keys that match it.
  static void attend(
      Pass pass, AttentionStrip attention, AttentionStrip.Inputs inputs, Activations out)
      throws IOException {
    TokenBatch batch = pass.batch();
    int strips = batch.strips();
    pass.machine()
        .eachStrip(
            strips,
            (task, scratch) -> {
              // Late strips of a sequence take longest: they go first.
              int strip = strips - 1 - task;
              attention.strip(pass.kernels(), batch.sequence(strip), strip, inputs, out, scratch);
            });
  }

  /// By what something grows that depends on the position of a query.
  interface PositionFactor {
    float of(int position);
  }

  /// The factors of each lane of each strip.
  static float[] factors(PositionFactor factor, TokenBatch batch) {
    float[] factors = new float[batch.strips() * batch.lanes()];
    for (int strip = 0; strip < batch.strips(); strip++) {
      for (int lane = 0; lane < batch.lanes(); lane++) {
        int position = batch.position(strip) * batch.lanes() + lane;
        factors[strip * batch.lanes() + lane] = factor.of(position);
      }
    }
    return factors;
  }
}
