package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import java.io.IOException;

/// What the heads of state spaces have of their own.
///
/// @param steps (heads) added to the steps
/// @param rates (heads) of the decays, negative
/// @param skips (heads) factors of the input, which is added to what is read
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record StateSpaceHeads(float[] steps, float[] rates, float[] skips) {
  /// Makes the strengths of what is written, which are steps of time, and what these leave.
  ///
  /// @param products what steps are made of
  /// @param least bound of the steps
  /// @param most likewise
  void steps(
      Pass pass,
      Activations products,
      float least,
      float most,
      Activations strengths,
      Activations decays)
      throws IOException {
    pass.machine()
        .eachStrip(
            products.strips(),
            (strip, _) -> {
              for (int head = 0; head < products.features(); head++) {
                int from = products.at(strip, head);
                int strength = strengths.at(strip, head);
                int decay = decays.at(strip, head);
                for (int lane = 0; lane < products.lanes(); lane++) {
                  float step = (float) Steps.softplus(products.values()[from + lane] + steps[head]);
                  step = Math.clamp(step, least, most);
                  strengths.values()[strength + lane] = step;
                  decays.values()[decay + lane] = rates[head] * step;
                }
              }
            });
  }

  /// Adds the input to what is read.
  void skip(Pass pass, Activations input, Activations read) throws IOException {
    int length = read.features() / skips.length;
    pass.machine()
        .eachStrip(
            read.strips(),
            (strip, _) -> {
              for (int f = 0; f < read.features(); f++) {
                float factor = skips[f / length];
                int from = input.at(strip, f);
                int to = read.at(strip, f);
                for (int lane = 0; lane < read.lanes(); lane++) {
                  read.values()[to + lane] =
                      Math.fma(factor, input.values()[from + lane], read.values()[to + lane]);
                }
              }
            });
  }
}
