package dev.zonda.verify.kernels;

import java.util.Arrays;
import java.util.Optional;

/// Attention of one strip of queries to all keys of its sequence that it may see.
///
/// @param heads of the queries
/// @param keyValueHeads of keys and values; `heads / keyValueHeads` query heads share one
/// @param keyLength features of a head of queries and keys
/// @param valueLength features of a head of values
/// @param scale factor of the products of queries and keys
/// @param window which keys a query sees
/// @param cap that scores approach softly; infinite if there is none
/// @param slopes for each head how much a score loses per token of distance; empty if scores lose
///   nothing
/// @param sparse which blocks of earlier tokens the heads see, if not all
@SuppressWarnings("ArrayRecordComponent") // Constants of a network, never compared.
public record AttentionStrip(
    int heads,
    int keyValueHeads,
    int keyLength,
    int valueLength,
    float scale,
    Window window,
    float cap,
    float[] slopes,
    Optional<SparseBlocks> sparse) {

  /// Where a sequence lies in the activations of a batch.
  ///
  /// @param firstStrip strip of its first token
  /// @param length tokens
  public record Sequence(int firstStrip, int length) {}

  /// What attention reads.
  ///
  /// @param queries heads of [#keyLength] features
  /// @param sinks for each head the score of a key without a value; empty if there is none
  /// @param growth for each lane of each strip of the batch a factor of its scores after they are
  ///   capped; empty if they do not grow
  @SuppressWarnings("ArrayRecordComponent") // Views of scratch memory, never compared.
  public record Inputs(
      Activations queries, Activations keys, Activations values, float[] sinks, float[] growth) {
    public Inputs(Activations queries, Activations keys, Activations values, float[] sinks) {
      this(queries, keys, values, sinks, new float[0]);
    }
  }

  /// Bytes that each thread takes for sequences of a length.
  public static long scratchBytes(long length, int lanes) {
    return Math.multiplyExact(length + 1, (long) lanes * Float.BYTES);
  }

  /// Computes all heads of one strip.
  ///
  /// @param strip of the batch; one of the sequence's
  public void strip(
      Kernels kernels,
      Sequence sequence,
      int strip,
      Inputs inputs,
      Activations out,
      Scratch scratch) {
    int lanes = kernels.lanes();
    int queryStart = (strip - sequence.firstStrip()) * lanes;
    int firstKeyStrip = sequence.firstStrip() + window.firstKey(queryStart) / lanes;
    int keysBefore = (firstKeyStrip - sequence.firstStrip()) * lanes;
    int keyEnd =
        window.seesLater() ? sequence.length() : Math.min(queryStart + lanes, sequence.length());
    int keyCount = keyEnd - keysBefore;
    int lastKeyStrip = sequence.firstStrip() + (keyEnd - 1) / lanes;
    float[] scores = scratch.floats(Math.multiplyExact(keyCount + 1, lanes));
    Activations keys = inputs.keys();
    Activations values = inputs.values();

    for (int head = 0; head < heads; head++) {
      int keyHead = head / (heads / keyValueHeads);

      // Scores: every key times the strip of queries.
      Arrays.fill(scores, 0, keyCount * lanes, 0);
      for (int keyStrip = firstKeyStrip; keyStrip <= lastKeyStrip; keyStrip++) {
        int key = (keyStrip - firstKeyStrip) * lanes;
        kernels.multiply(
            new Kernels.Strided(keys.values(), keys.at(keyStrip, keyHead * keyLength), 1, lanes),
            Math.min(lanes, keyCount - key),
            keyLength,
            inputs.queries().values(),
            inputs.queries().at(strip, head * keyLength),
            scores,
            key * lanes);
      }

      // Weights: no query sees a later key, or one before its window.
      float remainingScale = shape(kernels, scores, head, keysBefore - queryStart, keyCount);
      if (inputs.growth().length > 0) {
        kernels.scaleLanes(scores, 0, keyCount, inputs.growth(), strip * lanes);
      }
      if (!window.seesLater()) {
        mask(scores, queryStart, keysBefore, keyCount, lanes);
      }
      if (sparse.isPresent()) {
        sparse.get().mask(scores, head, queryStart, keysBefore, keyCount, lanes);
      }
      if (inputs.sinks().length == 0) {
        kernels.softmax(scores, keyCount, remainingScale);
      } else {
        float sink = inputs.sinks()[head] / remainingScale;
        Arrays.fill(scores, keyCount * lanes, (keyCount + 1) * lanes, sink);
        kernels.softmax(scores, keyCount + 1, remainingScale);
      }

      // Output: the weighted sum of the values.
      int outAt = out.at(strip, head * valueLength);
      Arrays.fill(out.values(), outAt, outAt + valueLength * lanes, 0);
      for (int keyStrip = firstKeyStrip; keyStrip <= lastKeyStrip; keyStrip++) {
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

  /// Caps scores, or lowers them with the distance, if the network does.
  ///
  /// @param distance of the first key from the first query, negative
  /// @return the factor that is still to be applied
  private float shape(Kernels kernels, float[] scores, int head, int distance, int keyCount) {
    if (Float.isFinite(cap)) {
      kernels.softCap(scores, 0, keyCount * kernels.lanes(), scale, cap);
      return 1;
    }
    if (slopes.length == 0) {
      return scale;
    }
    int lanes = kernels.lanes();
    for (int key = 0; key < keyCount; key++) {
      for (int lane = 0; lane < lanes; lane++) {
        int at = key * lanes + lane;
        scores[at] = Math.fma(scores[at], scale, slopes[head] * (distance + key - lane));
      }
    }
    return 1;
  }

  private void mask(float[] scores, int queryStart, int keysBefore, int keyCount, int lanes) {
    for (int key = 0; key < keyCount; key++) {
      int position = keysBefore + key;
      // Lanes from `seen` on are at the key or after it; those from `lost` on no longer see it.
      int seen = Math.clamp((long) position - queryStart, 0, lanes);
      int lost = Math.clamp(window.endOf(position) - queryStart, 0, lanes);
      Arrays.fill(scores, key * lanes, key * lanes + seen, Float.NEGATIVE_INFINITY);
      Arrays.fill(scores, key * lanes + lost, (key + 1) * lanes, Float.NEGATIVE_INFINITY);
    }
  }
}
