package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.SideBySide;
import dev.zonda.verify.network.StateSpace;
import java.util.Optional;

/// Falcon H1: attention and a state space side by side in each layer.
final class FalconH1 {
  static final Architecture ARCHITECTURE = new Architecture("falcon-h1", FalconH1::network);

  private FalconH1() {}

  private static Network network(Keys keys) throws FormatException {
    HeadAttention heads = HeadAttention.builder(keys).rotary(Rotary.Order.HALVES).build();
    return Network.builder(keys)
        .attention(new SideBySide(heads, StateSpace.of(keys, norm(keys))))
        .build();
  }

  /// The weights say whether there is a norm.
  private static Optional<StateSpace.GatedNorm> norm(Keys keys) throws FormatException {
    if (!keys.hasTensor("blk.0.ssm_norm.weight")) {
      return Optional.empty();
    }
    StateSpace.Place place =
        keys.flag("ssm.norm_before_gate", false)
            ? StateSpace.Place.BEFORE_GATE
            : StateSpace.Place.AFTER_GATE;
    return Optional.of(
        new StateSpace.GatedNorm(Norm.rms(keys), keys.count("ssm.group_count"), place));
  }
}
