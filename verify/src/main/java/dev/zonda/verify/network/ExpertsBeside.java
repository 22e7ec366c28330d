package dev.zonda.verify.network;

/// A network for all tokens and experts beside it, each with norms of its own before and after. The
/// router sees the residual stream by another norm yet.
public record ExpertsBeside(DenseNetwork dense, ExpertNetwork experts) implements FeedForward {}
