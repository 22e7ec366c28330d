package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.Machine;
import dev.zonda.verify.kernels.Scratch;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.Network;
import java.io.IOException;
import java.util.Optional;

/// How tokens become features.
///
/// @param tokens a row per token, (vocabulary, hidden)
/// @param positions a row per position, (positions, hidden), if they are learned
/// @param norm of the result, if there is one
record Embedding(
    float scale,
    WeightMatrix tokens,
    Optional<WeightMatrix> positions,
    Optional<NormWeights> norm) {

  static Embedding of(Network network, Tensors tensors) throws FormatException {
    Network.Embedding embedding = network.embedding();
    int hidden = network.hidden();
    return new Embedding(
        embedding.scale(),
        tensors.matrix(Network.EMBEDDING, network.vocabulary(), hidden),
        embedding.positions() == 0
            ? Optional.empty()
            : Optional.of(tensors.matrix(Network.POSITIONS, embedding.positions(), hidden)),
        embedding.isNormed()
            ? Optional.of(tensors.norm("token_embd_norm", hidden, network.norm()))
            : Optional.empty());
  }

  void run(Machine machine, TokenBatch batch, Activations x) throws IOException {
    machine.eachStrip(batch.strips(), (strip, scratch) -> strip(machine, batch, strip, x, scratch));
  }

  private void strip(Machine machine, TokenBatch batch, int strip, Activations x, Scratch scratch)
      throws IOException {
    float[] row = scratch.floats(x.features());
    for (int lane = 0; lane < batch.tokens(strip); lane++) {
      tokens.row(batch.token(strip, lane), row, scratch);
      put(row, scale, x, x.at(strip) + lane);
      if (positions.isPresent()) {
        positions.get().row(batch.position(strip) * batch.lanes() + lane, row, scratch);
        add(row, x, x.at(strip) + lane);
      }
    }
    if (norm.isPresent()) {
      int at = x.at(strip);
      norm.get().apply(machine.kernels(), x.values(), at, x.values(), at);
    }
  }

  /// Spreads a row over the lanes of one token.
  private static void put(float[] row, float scale, Activations x, int at) {
    float[] values = x.values();
    int lanes = x.lanes();
    int features = x.features();
    for (int f = 0; f < features; f++) {
      values[at + f * lanes] = row[f] * scale;
    }
  }

  private static void add(float[] row, Activations x, int at) {
    float[] values = x.values();
    int lanes = x.lanes();
    int features = x.features();
    for (int f = 0; f < features; f++) {
      values[at + f * lanes] += row[f];
    }
  }
}
