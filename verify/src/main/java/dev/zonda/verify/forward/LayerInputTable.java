package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.Scratch;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.LayerInputs;
import dev.zonda.verify.network.Network;
import java.io.IOException;

/// Makes the inputs of all layers: the mean of a second embedding and a normed projection of the
/// first one, as energies add up.
///
/// @param tokens a row per token, (vocabulary, layers * length)
/// @param projection (layers * length, hidden)
/// @param norm of the projection for each layer
record LayerInputTable(
    LayerInputs network, WeightMatrix tokens, Linear projection, NormWeights norm) {
  private static final float HALF = (float) Math.sqrt(0.5);

  static LayerInputTable of(LayerInputs inputs, Network network, Tensors tensors)
      throws FormatException {
    int features = Kept.inputFeatures(network);
    return new LayerInputTable(
        inputs,
        tensors.matrix("per_layer_token_embd.weight", network.vocabulary(), features),
        tensors.linear("per_layer_model_proj", features, network.hidden()),
        tensors.norm("per_layer_proj_norm", inputs.length(), network.norm()));
  }

  /// @param x the first embedding
  /// @param all takes the inputs
  void run(Pass pass, Activations x, Activations all) throws IOException {
    pass.multiply(projection, x, all);
    pass.scale(all, (float) (1 / Math.sqrt(x.features())));
    pass.normHeads(norm, all);
    pass.machine()
        .eachStrip(all.strips(), (strip, scratch) -> addTokens(pass.batch(), strip, all, scratch));
  }

  private void addTokens(TokenBatch batch, int strip, Activations all, Scratch scratch)
      throws IOException {
    float scale = (float) Math.sqrt(network.length());
    float[] row = scratch.floats(all.features());
    float[] values = all.values();
    for (int lane = 0; lane < batch.tokens(strip); lane++) {
      tokens.row(batch.token(strip, lane), row, scratch);
      int at = all.at(strip) + lane;
      for (int f = 0; f < all.features(); f++) {
        int place = at + f * all.lanes();
        values[place] = (values[place] + row[f] * scale) * HALF;
      }
    }
  }
}
