package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoNetwork;
import dev.zonda.verify.network.SelectiveScan;

/// Mamba and Falcon Mamba: nothing but selective scans.
final class Mamba {
  static final Architecture ARCHITECTURE = new Architecture("mamba", Mamba::network);

  private Mamba() {}

  private static Network network(Keys keys) throws FormatException {
    boolean isNormed = keys.flag("ssm.dt_b_c_rms", false);
    return Network.builder(keys)
        .attention(
            SelectiveScan.of(
                keys, isNormed ? SelectiveScan.Norms.UNWEIGHTED : SelectiveScan.Norms.NONE))
        .feedForward(new NoNetwork())
        .build();
  }
}
