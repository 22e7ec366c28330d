package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.WeightMatrix;

/// A matrix and the bias that is added to its products.
///
/// @param bias a value per row, or empty
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record Linear(WeightMatrix weights, float[] bias) {}
