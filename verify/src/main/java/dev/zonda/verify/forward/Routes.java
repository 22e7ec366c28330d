package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.ExpertNetwork;
import java.io.IOException;
import java.util.function.IntConsumer;

/// Which tokens of a batch go to which expert.
///
/// @param starts for each expert where its tokens begin, and finally where those of the last one
///   end
/// @param tokens of one expert after the other, each in the order of the batch, as `strip * lanes +
///   lane`
/// @param shares the weight that the token's expert has for it
@SuppressWarnings("ArrayRecordComponent") // Scratch memory of the forward pass, never compared.
record Routes(int[] starts, int[] tokens, float[] shares) {
  /// Chooses by the experts' scores.
  static Routes of(ExpertNetwork network, float[] correction, Activations scores, Pass pass)
      throws IOException {
    int used = network.used();
    int lanes = scores.lanes();
    int[] chosen = new int[Math.multiplyExact(scores.strips() * lanes, used)];
    float[] shares = new float[chosen.length];
    pass.machine()
        .eachStrip(
            scores.strips(),
            (strip, _) -> {
              Router router = new Router(network, correction);
              float[] ofToken = new float[network.experts()];
              for (int lane = 0; lane < pass.batch().tokens(strip); lane++) {
                for (int expert = 0; expert < ofToken.length; expert++) {
                  ofToken[expert] = scores.values()[scores.at(strip, expert) + lane];
                }
                router.choose(ofToken, chosen, shares, (strip * lanes + lane) * used);
              }
            });
    return sorted(network, chosen, shares, pass.batch());
  }

  private static Routes sorted(
      ExpertNetwork network, int[] chosen, float[] shares, TokenBatch batch) {
    int used = network.used();
    int[] starts = new int[network.experts() + 1];
    eachChoice(used, batch, i -> starts[chosen[i] + 1]++);
    for (int expert = 0; expert < network.experts(); expert++) {
      starts[expert + 1] += starts[expert];
    }
    int[] next = starts.clone();
    int[] sorted = new int[starts[network.experts()]];
    float[] sortedShares = new float[sorted.length];
    eachChoice(
        used,
        batch,
        i -> {
          int place = next[chosen[i]]++;
          sorted[place] = i / used;
          sortedShares[place] = shares[i];
        });
    return new Routes(starts, sorted, sortedShares);
  }

  /// Calls the task with the index of every choice, in the order of the batch.
  private static void eachChoice(int used, TokenBatch batch, IntConsumer task) {
    for (int strip = 0; strip < batch.strips(); strip++) {
      int from = strip * batch.lanes();
      int end = from + batch.tokens(strip);
      for (int i = from * used; i < end * used; i++) {
        task.accept(i);
      }
    }
  }

  /// How many tokens go to an expert.
  int count(int expert) {
    return starts[expert + 1] - starts[expert];
  }

  /// Copies the features of an expert's tokens into neighbouring lanes.
  void gather(int expert, Activations x, Activations packed, Pass pass) throws IOException {
    eachToken(
        expert,
        packed,
        pass,
        (from, to) -> {
          for (int f = 0; f < x.features(); f++) {
            packed.values()[to + f * x.lanes()] = x.values()[from + f * x.lanes()];
          }
        },
        x);
  }

  /// Adds what an expert made of its tokens to theirs.
  void scatter(int expert, Activations packed, Activations out, Pass pass) throws IOException {
    eachToken(
        expert,
        packed,
        pass,
        (at, from) -> {
          for (int f = 0; f < out.features(); f++) {
            out.values()[at + f * out.lanes()] += packed.values()[from + f * out.lanes()];
          }
        },
        out);
  }

  @FunctionalInterface
  private interface TokenTask {
    /// @param at index of the token's first feature in the batch
    /// @param packedAt index of it among the expert's tokens
    void run(int at, int packedAt);
  }

  private void eachToken(
      int expert, Activations packed, Pass pass, TokenTask task, Activations whole)
      throws IOException {
    int lanes = packed.lanes();
    pass.machine()
        .eachStrip(
            packed.strips(),
            (strip, _) -> {
              int end = Math.min(lanes, count(expert) - strip * lanes);
              for (int lane = 0; lane < end; lane++) {
                int token = tokens[starts[expert] + strip * lanes + lane];
                task.run(whole.at(token / lanes) + token % lanes, packed.at(strip) + lane);
              }
            });
  }

  /// The weights of an expert's tokens, one per lane of its strips.
  float[] lanes(int expert, int strips, int lanes) {
    float[] all = new float[strips * lanes];
    System.arraycopy(shares, starts[expert], all, 0, count(expert));
    return all;
  }
}
