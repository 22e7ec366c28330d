package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoNetwork;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.StateSpace;
import java.util.Optional;

/// Mamba 2: nothing but state spaces.
final class Mamba2 {
  static final Architecture ARCHITECTURE = new Architecture("mamba2", Mamba2::network);

  private Mamba2() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys).attention(space(keys)).feedForward(new NoNetwork()).build();
  }

  /// A state space with a norm behind its gate.
  static StateSpace space(Keys keys) throws FormatException {
    return StateSpace.of(
        keys,
        Optional.of(
            new StateSpace.GatedNorm(
                Norm.rms(keys), keys.count("ssm.group_count"), StateSpace.Place.AFTER_GATE)));
  }
}
