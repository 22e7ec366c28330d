package dev.zonda.verify.network;

import dev.zonda.verify.kernels.Activation;

/// A few features of each token for each layer, from a second embedding and a projection of the
/// first one. Each layer adds to its result what it makes of them.
///
/// @param length features for one layer
/// @param activation of what a layer makes of its own result, and multiplies them by
public record LayerInputs(int length, Activation activation) {}
