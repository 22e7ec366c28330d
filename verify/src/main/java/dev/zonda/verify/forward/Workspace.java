package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;

/// Memory for the activations inside a part of a layer. Each part takes what it needs from the
/// start, so that all share one array.
final class Workspace {
  private final Activations all;
  private int taken;

  /// @param all as many features as the largest part takes
  Workspace(Activations all) {
    this.all = all;
  }

  /// Begins another part: what was taken before is given back.
  void reset() {
    taken = 0;
  }

  /// Begins another part behind something that is kept.
  void reset(Activations kept) {
    taken = kept.features();
  }

  /// Features that are taken.
  int taken() {
    return taken;
  }

  /// Gives back what was taken since then.
  void giveBackTo(int before) {
    taken = before;
  }

  /// Activations with arbitrary values, each strip of which is contiguous.
  Activations take(int features) {
    Activations some = all.part(taken, features);
    taken += features;
    return some;
  }
}
