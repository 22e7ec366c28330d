package dev.zonda.convert.tokenizers.words;

import java.nio.charset.StandardCharsets;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/// Splits one text into tokens: begins with single characters and joins, again and again, the
/// neighbours whose union is the token of the highest score, the leftmost of equals. This is
/// llama.cpp's SentencePiece tokenizer; it takes n log n steps.
public final class BigramMerger {
  private static final int NO_SYMBOL = -1;

  private final PieceTable table;
  private final float[] scores;
  private final char[] text;

  // The symbols that are left are a linked list over the characters where they begin.
  private final int[] end;
  private final int[] previous;
  private final int[] next;
  private final PriorityQueue<Bigram> queue = new PriorityQueue<>();

  /// Two neighbours that could be joined. Outdated if `end` moved since.
  private record Bigram(float score, int left, int right, int end) implements Comparable<Bigram> {
    @Override
    public int compareTo(Bigram other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  public BigramMerger(PieceTable table, float[] scores, String text) {
    this.table = table;
    this.scores = scores;
    this.text = text.toCharArray();
    this.end = new int[this.text.length];
    this.previous = new int[this.text.length];
    this.next = new int[this.text.length];
  }

  /// Emits the tokens of the text in order.
  ///
  /// @param byteFallback receives the UTF-8 bytes of characters that no token covers
  public void run(IntConsumer tokens, IntConsumer byteFallback) {
    if (text.length == 0) {
      return;
    }
    seed();
    while (!queue.isEmpty()) {
      Bigram bigram = queue.poll();
      boolean outdated = end[bigram.left] != bigram.right || end[bigram.right] != bigram.end;
      if (outdated) {
        continue;
      }
      join(bigram);
    }
    for (int symbol = 0; symbol != NO_SYMBOL; symbol = next[symbol]) {
      emit(symbol, tokens, byteFallback);
    }
  }

  /// One symbol per character (code point), and every pair that is a token.
  private void seed() {
    int symbol = 0;
    int before = NO_SYMBOL;
    while (symbol < text.length) {
      int after = symbol + Character.charCount(Character.codePointAt(text, symbol));
      end[symbol] = after;
      previous[symbol] = before;
      next[symbol] = after < text.length ? after : NO_SYMBOL;
      before = symbol;
      symbol = after;
    }
    for (int left = 0; left != NO_SYMBOL; left = next[left]) {
      offer(left, next[left]);
    }
  }

  private void join(Bigram bigram) {
    int left = bigram.left;
    int right = bigram.right;
    end[left] = end[right];
    end[right] = NO_SYMBOL;
    next[left] = next[right];
    if (next[left] != NO_SYMBOL) {
      previous[next[left]] = left;
    }
    offer(previous[left], left);
    offer(left, next[left]);
  }

  private void offer(int left, int right) {
    if (left == NO_SYMBOL || right == NO_SYMBOL) {
      return;
    }
    int token = table.find(text, left, end[right]);
    if (token != PieceTable.NONE) {
      queue.add(new Bigram(scores[token], left, right, end[right]));
    }
  }

  private void emit(int symbol, IntConsumer tokens, IntConsumer byteFallback) {
    int token = table.find(text, symbol, end[symbol]);
    if (token != PieceTable.NONE) {
      tokens.accept(token);
      return;
    }
    String character = new String(text, symbol, end[symbol] - symbol);
    for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
      byteFallback.accept(b & 0xff);
    }
  }
}
