package dev.zonda.verify.network;

/// Nothing: tokens of a sequence do not see each other in this layer.
///
/// @param hasMatrix whether a matrix of each token's features, `attn_output`, and the norm before
///   it are left of attention
public record NoAttention(boolean hasMatrix) implements Attention {}
