package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.Attention;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoAttention;
import dev.zonda.verify.network.Norm;
import java.io.IOException;

/// The attention of a layer, with its weights.
interface AttentionPart {
  /// @param x normed residual stream
  /// @param out what is to be added to the residual stream
  void run(Pass pass, Activations x, Activations out) throws IOException;

  static AttentionPart of(Network network, int layer, Tensors tensors) throws FormatException {
    String block = "blk." + layer + ".";
    int hidden = network.hidden();
    Norm norm = network.norm();
    return switch (network.layers().get(layer).attention()) {
      case HeadAttention heads -> HeadAttentionPart.of(heads, tensors, block, hidden, norm);
      case LatentAttention latent -> LatentAttentionPart.of(latent, tensors, block, hidden);
      case NoAttention(boolean hasMatrix) ->
          hasMatrix
              ? new MatrixPart(tensors.linear(block + "attn_output", hidden, hidden))
              : new NoPart();
    };
  }

  /// Floats that a part holds besides its tensors.
  static long madeFloats(Attention attention, Norm norm) {
    return switch (attention) {
      case HeadAttention heads -> HeadAttentionPart.madeFloats(heads, norm);
      case LatentAttention _, NoAttention _ -> 0;
    };
  }

  /// Features of the workspace that a part takes.
  static int workFeatures(Attention attention) {
    return switch (attention) {
      case HeadAttention heads -> HeadAttentionPart.workFeatures(heads);
      case LatentAttention latent -> LatentAttentionPart.workFeatures(latent);
      case NoAttention _ -> 0;
    };
  }
}
