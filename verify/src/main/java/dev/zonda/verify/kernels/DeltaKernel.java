package dev.zonda.verify.kernels;

import static dev.zonda.verify.kernels.VectorKernels.LANES;
import static dev.zonda.verify.kernels.VectorKernels.SPECIES;
import static dev.zonda.verify.kernels.VectorKernels.broadcast;
import static dev.zonda.verify.kernels.VectorKernels.load;

import jdk.incubator.vector.FloatVector;

/// One step of the delta rule: see [ChannelDelta].
final class DeltaKernel {
  private DeltaKernel() {}

  /// @param row of the token
  /// @param length features of a key
  /// @param state half of each row of lanes
  /// @param value the same half of the token's values
  static void rows(float[] memory, int row, int length, int state, int value) {
    int fadingKey = row + length;
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = FloatVector.zero(SPECIES);
    FloatVector c = FloatVector.zero(SPECIES);
    FloatVector d = FloatVector.zero(SPECIES);
    int k = 0;
    for (; k <= length - 4; k += 4) {
      int at = state + k * LANES;
      a = broadcast(memory[fadingKey + k]).fma(load(memory, at), a);
      b = broadcast(memory[fadingKey + k + 1]).fma(load(memory, at + LANES), b);
      c = broadcast(memory[fadingKey + k + 2]).fma(load(memory, at + 2 * LANES), c);
      d = broadcast(memory[fadingKey + k + 3]).fma(load(memory, at + 3 * LANES), d);
    }
    if (k < length) {
      a = broadcast(memory[fadingKey + k]).fma(load(memory, state + k * LANES), a);
    }
    if (k + 1 < length) {
      b = broadcast(memory[fadingKey + k + 1]).fma(load(memory, state + (k + 1) * LANES), b);
    }
    if (k + 2 < length) {
      c = broadcast(memory[fadingKey + k + 2]).fma(load(memory, state + (k + 2) * LANES), c);
    }
    FloatVector known = a.add(b).add(c.add(d));
    FloatVector written = load(memory, value).sub(known).mul(broadcast(memory[row + 4 * length]));

    a = FloatVector.zero(SPECIES);
    b = FloatVector.zero(SPECIES);
    c = FloatVector.zero(SPECIES);
    d = FloatVector.zero(SPECIES);
    int query = row + 3 * length;
    for (k = 0; k <= length - 4; k += 4) {
      int at = state + k * LANES;
      FloatVector changed = change(memory, row + k, length, at, written);
      a = broadcast(memory[query + k]).fma(changed, a);
      changed = change(memory, row + k + 1, length, at + LANES, written);
      b = broadcast(memory[query + k + 1]).fma(changed, b);
      changed = change(memory, row + k + 2, length, at + 2 * LANES, written);
      c = broadcast(memory[query + k + 2]).fma(changed, c);
      changed = change(memory, row + k + 3, length, at + 3 * LANES, written);
      d = broadcast(memory[query + k + 3]).fma(changed, d);
    }
    if (k < length) {
      FloatVector changed = change(memory, row + k, length, state + k * LANES, written);
      a = broadcast(memory[query + k]).fma(changed, a);
    }
    if (k + 1 < length) {
      FloatVector changed = change(memory, row + k + 1, length, state + (k + 1) * LANES, written);
      b = broadcast(memory[query + k + 1]).fma(changed, b);
    }
    if (k + 2 < length) {
      FloatVector changed = change(memory, row + k + 2, length, state + (k + 2) * LANES, written);
      c = broadcast(memory[query + k + 2]).fma(changed, c);
    }
    a.add(b).add(c.add(d)).intoArray(memory, value);
  }

  /// Lets one row of the state fade, and writes to it.
  ///
  /// @param left index of what is left of it
  private static FloatVector change(
      float[] memory, int left, int length, int at, FloatVector written) {
    FloatVector faded = broadcast(memory[left]).mul(load(memory, at));
    FloatVector changed = broadcast(memory[left + 2 * length]).fma(written, faded);
    changed.intoArray(memory, at);
    return changed;
  }
}
