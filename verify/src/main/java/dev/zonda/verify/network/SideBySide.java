package dev.zonda.verify.network;

/// Attention and a state space that see the same input, and whose results are added.
public record SideBySide(HeadAttention heads, StateSpace space) implements Attention {}
