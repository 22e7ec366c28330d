package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import java.io.IOException;

/// Sees the activations of one model while sequences pass through it: to sum up an importance
/// matrix, or to see how far a layer has moved.
///
/// What the forward pass promises:
///
/// - It calls from one thread, one call at a time, before the product or after the layer in
///   question; what it shows is valid until the method returns, and must not be changed.
/// - Every weight tensor that is multiplied with activations of tokens is shown under its GGUF name
///   (`blk.3.ffn_down.weight`), the router of experts included. So is the output matrix, with all
///   tokens, whether their logits are asked for or not.
/// - Each token of each sequence is shown once per tensor and once per layer. For one tensor, or
///   one layer, tokens come in the order of the sequences and of their positions, however many
///   batches they are split into; tensors and layers may come in any order.
/// - Where layers are passed several times, a tensor is shown with each token in each pass, and a
///   layer after the last one.
/// - If several models are evaluated together, the first model shows a token after a layer before
///   any other does; all have shown a batch before the next one begins.
/// - Lanes of a strip that hold no token hold arbitrary values.
///
/// A pass without an observer has [#NONE], and prepares nothing for it.
public interface ActivationObserver {
  /// Sees nothing.
  ActivationObserver NONE = new ActivationObserver() {};

  /// The input of a matrix that every token meets.
  ///
  /// @param x its strips are those of the batch
  default void input(String tensor, TokenBatch batch, Activations x) throws IOException {}

  /// The input of one of the matrices of a tensor that has several, all of which every token meets:
  /// one for each head, for example.
  ///
  /// @param matrix which of them
  /// @param matrices how many the tensor has
  /// @param x its strips are those of the batch
  default void input(String tensor, int matrix, int matrices, TokenBatch batch, Activations x)
      throws IOException {}

  /// The input of one expert: the tokens for which it was chosen.
  ///
  /// @param expert which of them
  /// @param experts how many the tensor has
  /// @param tokens how many there are, in the first lanes of the strips, packed
  default void expertInput(String tensor, int expert, int experts, Activations x, int tokens)
      throws IOException {}

  /// The residual stream after a layer.
  ///
  /// @param layer from 0
  /// @param batch tells which sequences, and where their strips lie
  default void layer(int layer, TokenBatch batch, Activations residual) throws IOException {}
}
