package dev.zonda.cli.reports;

import java.util.stream.Stream;

/// How near a candidate is to its reference, in words, by the mean divergence. Rules of thumb;
/// docs/accuracy.md says where they come from.
enum Closeness {
  SAME(0.01, "practically the same model"),
  CLOSE(0.1, "close to the original"),
  CHANGED(0.5, "clearly changed"),
  DIFFERENT(Double.POSITIVE_INFINITY, "hardly the same model any more");

  private final double below;
  private final String words;

  Closeness(double below, String words) {
    this.below = below;
    this.words = words;
  }

  /// @param kld mean divergence in nats
  static Closeness of(double kld) {
    return Stream.of(values()).filter(one -> kld < one.below).findFirst().orElse(DIFFERENT);
  }

  /// The divergence at which the next one begins.
  double below() {
    return below;
  }

  String words() {
    return words;
  }
}
