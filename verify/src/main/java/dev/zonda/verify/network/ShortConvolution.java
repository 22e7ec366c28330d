package dev.zonda.verify.network;

/// A sum over the last few tokens of each feature, with a gate before and one behind it (LFM2).
///
/// @param length tokens that a sum takes
public record ShortConvolution(int length) implements Attention {}
