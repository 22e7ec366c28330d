package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import java.io.IOException;
import java.util.Arrays;

/// A part that a layer does not have: nothing is added to the residual stream.
record NoPart() implements AttentionPart, FeedForwardPart {
  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    pass.machine()
        .eachStrip(
            out.strips(),
            (strip, _) ->
                Arrays.fill(out.values(), out.at(strip), out.at(strip) + out.stripSize(), 0));
  }
}
