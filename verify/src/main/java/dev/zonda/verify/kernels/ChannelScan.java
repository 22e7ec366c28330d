package dev.zonda.verify.kernels;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.Arrays;

/// Channels that each keep a few numbers instead of keys and values: the state `h`, zero before the
/// first token. A token lets it fade, writes to it, and reads it ("Mamba", section 3.2):
///
/// ```
/// h = exp(step rate) h + step input writing
/// out = reading h + skip input
/// ```
///
/// Steps and inputs are a number per channel, rates a number per channel and number of the state;
/// all channels share what writes and reads. [#BLOCK] channels are computed together, one token
/// after the other: sums run over the state in its order, for any number of lanes.
///
/// @param channels of a token
/// @param stateLength numbers that a channel keeps
/// @param rates (channels, stateLength), negative
/// @param skips (channels)
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
public record ChannelScan(int channels, int stateLength, float[] rates, float[] skips) {
  /// Channels that are computed together: a multiple of the width of any vector.
  static final int BLOCK = 64;

  /// What is read.
  ///
  /// @param inputs (channels)
  /// @param steps (channels) how long a token takes: more of it is written, and less is left
  /// @param writing (stateLength) factors of what is written
  /// @param reading (stateLength) factors of what is read
  public record Inputs(
      Activations inputs, Activations steps, Activations writing, Activations reading) {}

  /// One token of a block of channels, in memory: rates and states are `[stateLength][BLOCK]`.
  ///
  /// @param memory of a thread
  @SuppressWarnings("ArrayRecordComponent") // Scratch memory, never compared.
  record Token(float[] memory, int stateLength) {
    static long floats(long stateLength) {
      return (2 * stateLength + 3) * BLOCK + 2 * stateLength;
    }

    int rates() {
      return 0;
    }

    int states() {
      return stateLength * BLOCK;
    }

    int steps() {
      return 2 * stateLength * BLOCK;
    }

    /// What is written: the input times its step.
    int written() {
      return steps() + BLOCK;
    }

    /// Takes what is read.
    int read() {
      return written() + BLOCK;
    }

    int writing() {
      return read() + BLOCK;
    }

    int reading() {
      return writing() + stateLength;
    }
  }

  /// Bytes that each thread takes.
  public static long scratchBytes(long stateLength) {
    return Token.floats(stateLength) * Float.BYTES;
  }

  /// Blocks of channels.
  public int blocks() {
    return Math.ceilDiv(channels, BLOCK);
  }

  /// Computes one block of channels of one sequence.
  public void block(
      Kernels kernels,
      Sequence sequence,
      int block,
      Inputs inputs,
      Activations out,
      Scratch scratch) {
    int lanes = kernels.lanes();
    int first = block * BLOCK;
    int count = Math.min(BLOCK, channels - first);
    float[] memory = scratch.floats(Math.toIntExact(Token.floats(stateLength)));
    Token token = new Token(memory, stateLength);
    // Channels that the last block lacks are zeros throughout.
    Arrays.fill(memory, 0, token.writing(), 0);
    for (int channel = 0; channel < count; channel++) {
      for (int i = 0; i < stateLength; i++) {
        memory[token.rates() + i * BLOCK + channel] = rates[(first + channel) * stateLength + i];
      }
    }
    for (int position = 0; position < sequence.length(); position++) {
      int strip = sequence.firstStrip() + position / lanes;
      int lane = position % lanes;
      take(inputs.writing(), strip, lane, memory, token.writing());
      take(inputs.reading(), strip, lane, memory, token.reading());
      int input = inputs.inputs().at(strip, first) + lane;
      int step = inputs.steps().at(strip, first) + lane;
      float[] inputValues = inputs.inputs().values();
      float[] stepValues = inputs.steps().values();
      for (int channel = 0; channel < count; channel++) {
        float taken = stepValues[step + channel * lanes];
        memory[token.steps() + channel] = taken;
        memory[token.written() + channel] = taken * inputValues[input + channel * lanes];
      }
      kernels.scan(token);
      int to = out.at(strip, first) + lane;
      for (int channel = 0; channel < count; channel++) {
        int at = channel * lanes;
        out.values()[to + at] =
            Math.fma(
                skips[first + channel], inputValues[input + at], memory[token.read() + channel]);
      }
    }
  }

  /// Copies the features of one token.
  private static void take(Activations x, int strip, int lane, float[] memory, int to) {
    int at = x.at(strip) + lane;
    for (int feature = 0; feature < x.features(); feature++) {
      memory[to + feature] = x.values()[at + feature * x.lanes()];
    }
  }
}
