package dev.zonda.verify.kernels;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.Arrays;

/// The gated delta rule whose state, (keyLength, valueLength) per head and zero before the first
/// token, fades by a factor of its own in each row ("Kimi Linear", section 3). A token with the key
/// `k`, the value `v` and the query `q` does this:
///
/// ```
/// S[i] = left[i] S[i]
/// S = S + strength k (v - k S)
/// out = q S
/// ```
///
/// It is computed token by token, for as many features of values at once as there are lanes.
/// [LinearAttention]'s products of whole chunks would need a matrix of decays for each feature of
/// keys, and this takes less time than the matrices that make queries, keys and values.
///
/// @param heads of queries, keys and values
/// @param keyLength features of a head of queries and keys
/// @param valueLength features of a head of values
public record ChannelDelta(int heads, int keyLength, int valueLength) {
  /// Tokens whose inputs are gathered together.
  private static final int CHUNK = LinearAttention.CHUNK;

  /// What is read.
  ///
  /// @param queries (heads * keyLength)
  /// @param keys likewise
  /// @param values (heads * valueLength)
  /// @param left (heads * keyLength) of the state, from 0 to 1
  /// @param strengths (heads) factors of what is written
  public record Inputs(
      Activations queries,
      Activations keys,
      Activations values,
      Activations left,
      Activations strengths) {}

  /// The tokens that [Kernels#delta] steps through. A token's row in memory holds what is left of
  /// each row of the state, the same times the key, the key, the query, and the strength.
  ///
  /// @param at index of the first row
  /// @param tokens number of rows
  /// @param keyLength features of keys
  public record Tokens(int at, int tokens, int keyLength) {
    int rowLength() {
      return rowLength(keyLength);
    }

    int row(int token) {
      return at + token * rowLength();
    }

    private static int rowLength(int keyLength) {
      return Math.addExact(Math.multiplyExact(4, keyLength), 1);
    }
  }

  /// Bytes that each thread takes.
  public long scratchBytes(int lanes) {
    return Math.multiplyExact((long) floats(lanes), (long) Float.BYTES);
  }

  private int floats(int lanes) {
    int ofLanes = Math.multiplyExact(blocks(lanes) * lanes, keyLength + CHUNK);
    return Math.addExact(Math.multiplyExact(CHUNK, Tokens.rowLength(keyLength)), ofLanes);
  }

  private int blocks(int lanes) {
    return Math.ceilDiv(valueLength, lanes);
  }

  /// Computes one head of one sequence.
  public void head(
      Kernels kernels,
      Sequence sequence,
      int head,
      Inputs inputs,
      Activations out,
      Scratch scratch) {
    int lanes = kernels.lanes();
    int states = CHUNK * Tokens.rowLength(keyLength);
    int values = states + blocks(lanes) * lanes * keyLength;
    float[] memory = scratch.floats(floats(lanes));
    Arrays.fill(memory, states, values, 0);
    for (int first = 0; first < sequence.length(); first += CHUNK) {
      int count = Math.min(CHUNK, sequence.length() - first);
      Tokens tokens = new Tokens(0, count, keyLength);
      var part = new LinearAttention.Part(sequence, first, count, lanes);
      gather(part, tokens, head, inputs, memory);
      part.turn(inputs.values(), head * valueLength, valueLength, memory, values);
      for (int block = 0; block < blocks(lanes); block++) {
        kernels.delta(
            memory, tokens, states + block * keyLength * lanes, values + block * CHUNK * lanes);
      }
      part.turnBack(memory, values, valueLength, out, head * valueLength);
    }
  }

  private void gather(
      LinearAttention.Part part, Tokens tokens, int head, Inputs inputs, float[] memory) {
    int feature = head * keyLength;
    int rowLength = tokens.rowLength();
    int fadingKeys = keyLength;
    int keys = 2 * keyLength;
    part.takeRows(inputs.left(), feature, keyLength, memory, 0, rowLength);
    part.takeRows(inputs.keys(), feature, keyLength, memory, keys, rowLength);
    part.takeRows(inputs.queries(), feature, keyLength, memory, 3 * keyLength, rowLength);
    part.takeRows(inputs.strengths(), head, 1, memory, 4 * keyLength, rowLength);
    for (int token = 0; token < tokens.tokens(); token++) {
      int row = tokens.row(token);
      for (int i = row; i < row + keyLength; i++) {
        memory[i + fadingKeys] = memory[i] * memory[i + keys];
      }
    }
  }
}
