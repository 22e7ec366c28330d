package dev.zonda.verify.divergence;

/// The most probable tokens of a position, in order; among equal ones the first comes first.
final class TopTokens {
  /// How many are kept.
  static final int MAX = 10;

  private final int[] tokens = new int[MAX];
  private final float[] logits = new float[MAX];
  private int count;

  /// Takes in the logits of a position.
  void find(float[] values, int at, int vocabulary) {
    count = 0;
    for (int token = 0; token < vocabulary; token++) {
      float logit = values[at + token];
      if (count < MAX || logit > logits[MAX - 1]) {
        insert(token, logit);
      }
    }
  }

  private void insert(int token, float logit) {
    int place = count < MAX ? count++ : MAX - 1;
    for (; place > 0 && logit > logits[place - 1]; place--) {
      tokens[place] = tokens[place - 1];
      logits[place] = logits[place - 1];
    }
    tokens[place] = token;
    logits[place] = logit;
  }

  int first() {
    return tokens[0];
  }

  /// How many of the first `k` are among another's first `k`.
  int overlap(TopTokens other, int k) {
    int ours = Math.min(k, count);
    int theirs = Math.min(k, other.count);
    int common = 0;
    for (int i = 0; i < ours; i++) {
      for (int j = 0; j < theirs; j++) {
        common += tokens[i] == other.tokens[j] ? 1 : 0;
      }
    }
    return common;
  }
}
