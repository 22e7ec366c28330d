package dev.zonda.verify.kernels;

import java.util.Arrays;

/// Causal grouped-query attention of one strip of queries to all keys of its sequence that it may
/// see.
///
/// @param heads of the queries
/// @param keyValueHeads of keys and values; `heads / keyValueHeads` query heads share one
/// @param keyLength features of a head of queries and keys
/// @param valueLength features of a head of values
/// @param window how many tokens back a query sees, itself included; [Integer#MAX_VALUE] for all
public record Attention(int heads, int keyValueHeads, int keyLength, int valueLength, int window) {

  /// Where a sequence lies in the activations of a batch.
  ///
  /// @param firstStrip strip of its first token
  /// @param length tokens
  public record Sequence(int firstStrip, int length) {}

  /// Computes all heads of one strip.
  ///
  /// @param strip of the batch; one of the sequence's
  public void strip(
      Kernels kernels,
      Sequence sequence,
      int strip,
      Activations queries,
      Activations keys,
      Activations values,
      Activations out,
      Scratch scratch) {
    int lanes = kernels.lanes();
    int queryStart = (strip - sequence.firstStrip()) * lanes;
    int firstKeyStrip =
        sequence.firstStrip() + (int) Math.max(0, (queryStart - (long) window + 1) / lanes);
    int keysBefore = (firstKeyStrip - sequence.firstStrip()) * lanes;
    int keyCount = Math.min(queryStart + lanes, sequence.length()) - keysBefore;
    float[] scores = scratch.floats(Math.multiplyExact(keyCount, lanes));
    float scale = (float) (1 / Math.sqrt(keyLength));

    for (int head = 0; head < heads; head++) {
      int keyHead = head / (heads / keyValueHeads);

      // Scores: every key times the strip of queries.
      Arrays.fill(scores, 0, keyCount * lanes, 0);
      for (int keyStrip = firstKeyStrip; keyStrip <= strip; keyStrip++) {
        int key = (keyStrip - firstKeyStrip) * lanes;
        kernels.multiply(
            new Kernels.Strided(keys.values(), keys.at(keyStrip, keyHead * keyLength), 1, lanes),
            Math.min(lanes, keyCount - key),
            keyLength,
            queries.values(),
            queries.at(strip, head * keyLength),
            scores,
            key * lanes);
      }

      // Weights: no query sees a later key, or one before its window.
      mask(scores, queryStart, keysBefore, keyCount, lanes);
      kernels.softmax(scores, keyCount, scale);

      // Output: the weighted sum of the values.
      int outAt = out.at(strip, head * valueLength);
      Arrays.fill(out.values(), outAt, outAt + valueLength * lanes, 0);
      for (int keyStrip = firstKeyStrip; keyStrip <= strip; keyStrip++) {
        int key = (keyStrip - firstKeyStrip) * lanes;
        kernels.multiply(
            new Kernels.Strided(
                values.values(), values.at(keyStrip, keyHead * valueLength), lanes, 1),
            valueLength,
            Math.min(lanes, keyCount - key),
            scores,
            key * lanes,
            out.values(),
            outAt);
      }
    }
  }

  private void mask(float[] scores, int queryStart, int keysBefore, int keyCount, int lanes) {
    for (int key = 0; key < keyCount; key++) {
      int position = keysBefore + key;
      // Lanes from `seen` on are at the key or behind it; those from `lost` on no longer see it.
      int seen = Math.clamp((long) position - queryStart, 0, lanes);
      int lost = Math.clamp((long) position + window - queryStart, 0, lanes);
      Arrays.fill(scores, key * lanes, key * lanes + seen, Float.NEGATIVE_INFINITY);
      Arrays.fill(scores, key * lanes + lost, (key + 1) * lanes, Float.NEGATIVE_INFINITY);
    }
  }
}
