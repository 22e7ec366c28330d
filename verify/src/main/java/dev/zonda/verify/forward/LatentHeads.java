package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip;
import dev.zonda.verify.kernels.Window;
import dev.zonda.verify.network.LatentAttention;
import java.io.IOException;
import java.util.Optional;

/// The heads of latent attention, from queries to gathered values. They pass in small groups,
/// because their intermediate values are long.
sealed interface LatentHeads permits AbsorbedHeads, ExpandedHeads {
  /// Heads that pass together.
  int GROUP = 8;

  /// @param queries of all heads, positions applied
  /// @param shared the normed short vectors, and the rotated part of all keys
  /// @param out values of all heads
  void attend(Pass pass, Activations queries, Activations shared, Activations out)
      throws IOException;

  static LatentHeads of(LatentAttention network, Tensors tensors, String block)
      throws FormatException {
    return switch (network.expansion()) {
      case SPLIT -> AbsorbedHeads.of(network, tensors, block);
      case JOINED -> ExpandedHeads.of(network, tensors, block);
    };
  }

  /// Features of the workspace that they take.
  static int workFeatures(LatentAttention network) {
    int ofHead =
        switch (network.expansion()) {
          case SPLIT -> network.latentLength() + network.rank();
          case JOINED -> network.queryLength() + network.valueLength();
        };
    return Math.min(GROUP, network.heads()) * ofHead;
  }

  /// Attention of heads without windows or caps.
  static AttentionStrip attention(
      LatentAttention network, int heads, int keyValueHeads, int keyLength, int valueLength) {
    return new AttentionStrip(
        heads,
        keyValueHeads,
        keyLength,
        valueLength,
        network.scale(),
        Window.ALL,
        Float.POSITIVE_INFINITY,
        new float[0],
        Optional.empty());
  }

  static void copy(Pass pass, Activations from, Activations to) throws IOException {
    pass.machine()
        .eachStrip(
            from.strips(),
            (strip, _) ->
                System.arraycopy(
                    from.values(), from.at(strip), to.values(), to.at(strip), to.stripSize()));
  }
}
