package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.ArrayList;
import java.util.List;

/// Token sequences that go through the network together, each beginning at position zero and on a
/// strip of its own.
public final class TokenBatch {
  private final List<int[]> tokens;
  private final List<Sequence> sequences;
  private final int[] sequenceOfStrip;
  private final int lanes;
  private final int firstSequence;

  /// @param firstSequence number of the first sequence among all that are evaluated
  public TokenBatch(List<int[]> tokens, int firstSequence, int lanes) {
    this.firstSequence = firstSequence;
    this.tokens = List.copyOf(tokens);
    this.lanes = lanes;
    this.sequences = new ArrayList<>();
    int strips = 0;
    for (int[] sequence : tokens) {
      sequences.add(new Sequence(strips, sequence.length));
      strips = Math.addExact(strips, Math.ceilDiv(sequence.length, lanes));
    }
    this.sequenceOfStrip = new int[strips];
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      for (int strip = 0; strip < Math.ceilDiv(sequence.length(), lanes); strip++) {
        sequenceOfStrip[sequence.firstStrip() + strip] = i;
      }
    }
  }

  public int strips() {
    return sequenceOfStrip.length;
  }

  public int lanes() {
    return lanes;
  }

  /// Tokens of all sequences.
  public long tokens() {
    return tokens.stream().mapToLong(sequence -> sequence.length).sum();
  }

  /// Tokens of the longest sequence.
  public int longest() {
    return tokens.stream().mapToInt(sequence -> sequence.length).max().orElseThrow();
  }

  /// Number of the first sequence among all that are evaluated.
  public int firstSequence() {
    return firstSequence;
  }

  public List<Sequence> sequences() {
    return sequences;
  }

  /// The sequence that a strip belongs to.
  public Sequence sequence(int strip) {
    return sequences.get(sequenceOfStrip[strip]);
  }

  /// Where a strip lies in its sequence, counted in strips.
  public int position(int strip) {
    return strip - sequence(strip).firstStrip();
  }

  /// Lanes of a strip that hold a token; the last strip of a sequence may have fewer than all.
  public int tokens(int strip) {
    return Math.min(lanes, sequence(strip).length() - position(strip) * lanes);
  }

  public int token(int strip, int lane) {
    return tokens.get(sequenceOfStrip[strip])[position(strip) * lanes + lane];
  }
}
