package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.SideBySide;
import java.io.IOException;

/// Two kinds of attention of the same input.
record SideBySidePart(AttentionPart heads, AttentionPart space) implements AttentionPart {
  /// One runs after the other, in the same workspace.
  static int workFeatures(SideBySide network, int hidden) {
    return Math.addExact(
        hidden,
        Math.max(
            AttentionPart.workFeatures(network.heads(), hidden),
            AttentionPart.workFeatures(network.space(), hidden)));
  }

  @Override
  public void run(Pass pass, Activations x, Activations made) throws IOException {
    Activations ofSpace = pass.work().take(made.features());
    int before = pass.work().taken();
    heads.run(pass, x, made);
    pass.work().giveBackTo(before);
    space.run(pass, x, ofSpace);
    pass.add(made, ofSpace);
  }
}
