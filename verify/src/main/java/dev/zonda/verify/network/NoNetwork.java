package dev.zonda.verify.network;

/// A layer without a feed-forward network, and without the norm before it.
public record NoNetwork() implements FeedForward {}
