package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.CausalConvolution;
import dev.zonda.verify.network.Attention;
import dev.zonda.verify.network.GatedDelta;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.KimiDelta;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoAttention;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.NormedStateSpace;
import dev.zonda.verify.network.SelectiveScan;
import dev.zonda.verify.network.ShortConvolution;
import dev.zonda.verify.network.SideBySide;
import dev.zonda.verify.network.StateSpace;
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
      case HeadAttention heads -> HeadAttentionPart.of(heads, layer, tensors, hidden, norm);
      case LatentAttention latent -> LatentAttentionPart.of(latent, tensors, block, hidden);
      case GatedDelta delta -> GatedDeltaPart.of(delta, tensors, block, hidden);
      case KimiDelta delta -> KimiDeltaPart.of(delta, tensors, block, hidden);
      case StateSpace space -> StateSpacePart.of(space, tensors, block, hidden);
      case NormedStateSpace space -> NormedStateSpacePart.of(space, tensors, block, hidden);
      case SelectiveScan scan -> SelectiveScanPart.of(scan, tensors, block, hidden);
      case SideBySide(HeadAttention heads, StateSpace space) ->
          new SideBySidePart(
              HeadAttentionPart.of(heads, layer, tensors, hidden, norm),
              StateSpacePart.of(space, tensors, block, hidden));
      case ShortConvolution sums -> ShortConvolutionPart.of(sums, tensors, block, hidden);
      case NoAttention(boolean hasMatrix) ->
          hasMatrix
              ? new MatrixPart(tensors.linear(block + "attn_output", hidden, hidden))
              : new NoPart();
    };
  }

  /// Floats that a part holds besides its tensors.
  static long madeFloats(Attention attention, Network network) {
    return switch (attention) {
      case HeadAttention heads -> HeadAttentionPart.madeFloats(heads, network.norm());
      case GatedDelta delta -> GatedDeltaPart.madeFloats(delta);
      case KimiDelta delta -> KimiDeltaPart.madeFloats(delta);
      case StateSpace space -> StateSpacePart.madeFloats(space);
      case NormedStateSpace space -> NormedStateSpacePart.madeFloats(space);
      case SelectiveScan scan -> SelectiveScanPart.madeFloats(scan);
      case SideBySide(HeadAttention heads, StateSpace space) ->
          madeFloats(heads, network) + madeFloats(space, network);
      case ShortConvolution sums -> Convolution.heldFloats(network.hidden(), sums.length());
      case LatentAttention _, NoAttention _ -> 0;
    };
  }

  /// Features of the workspace that a part takes.
  static int workFeatures(Attention attention, int hidden) {
    return switch (attention) {
      case HeadAttention heads -> HeadAttentionPart.workFeatures(heads);
      case LatentAttention latent -> LatentAttentionPart.workFeatures(latent);
      case GatedDelta delta -> GatedDeltaPart.workFeatures(delta);
      case KimiDelta delta -> KimiDeltaPart.workFeatures(delta);
      case StateSpace space -> StateSpacePart.workFeatures(space);
      case NormedStateSpace space -> NormedStateSpacePart.workFeatures(space);
      case SelectiveScan scan -> SelectiveScanPart.workFeatures(scan);
      case SideBySide both -> SideBySidePart.workFeatures(both, hidden);
      case ShortConvolution _ -> ShortConvolutionPart.workFeatures(hidden);
      case NoAttention _ -> 0;
    };
  }

  /// Bytes of scratch memory that a thread takes for what a part keeps of a sequence.
  static long stateBytes(Attention attention, int lanes) {
    return switch (attention) {
      case GatedDelta delta -> delta.heads().scratchBytes(lanes);
      case KimiDelta delta -> delta.heads().scratchBytes(lanes);
      case StateSpace space -> space.heads().scratchBytes(lanes);
      case NormedStateSpace space -> space.heads().scratchBytes(lanes);
      case SelectiveScan scan -> SelectiveScanPart.stateBytes(scan);
      case SideBySide both -> stateBytes(both.space(), lanes);
      case ShortConvolution sums ->
          CausalConvolution.scratchFloats(sums.length(), lanes) * Float.BYTES;
      case HeadAttention _, LatentAttention _, NoAttention _ -> 0;
    };
  }
}
