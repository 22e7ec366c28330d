package dev.zonda.quantize;

import dev.zonda.formats.Shape;

/// A tensor's place in the model: all that the [Mixture] knows of it.
///
/// @param role what it does
/// @param ordinal how many tensors of the same role come before it, in file order
/// @param layer number of its layer, which is the ordinal unless the model has experts
/// @param count for attention values, how many there are in the model; else the model's layers
/// @param shape its dimensions
record TensorPlace(TensorRole role, int ordinal, int layer, int count, Shape shape) {
  /// Whether its layer is among the first `1/divisor` of the layers.
  boolean amongFirst(int divisor) {
    return layer < count / divisor;
  }

  /// Whether its layer is neither among the first nor among the last eighth.
  boolean inMiddle() {
    return layer >= count / 8 && layer < 7L * count / 8;
  }

  /// The layers that are worth more bits: the first and last eighth, and every third between.
  boolean deservesMoreBits() {
    return layer < count / 8 || layer >= 7L * count / 8 || (layer - count / 8) % 3 == 2;
  }

  /// Whether it is a stack of matrices, as experts are.
  boolean isStack() {
    return shape.rank() > 2 && shape.dimension(shape.rank() - 3) > 1;
  }
}
