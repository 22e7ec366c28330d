package dev.zonda.convert.tokenizers.words;

import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;

/// Cuts texts into words by the steps of a pre-tokenizer. Not for use by several threads.
public final class WordSplitter {
  private final List<WordStep> steps;
  private final Matcher[] matchers;
  private final Consumer<String> words;

  /// @param steps up to the step to bytes, and after it
  /// @param words receives the words in order
  public WordSplitter(List<WordStep> steps, Consumer<String> words) {
    this.steps = steps;
    this.words = words;
    this.matchers = new Matcher[steps.size()];
    for (int i = 0; i < matchers.length; i++) {
      int step = i;
      steps.get(i).pattern().ifPresent(pattern -> matchers[step] = pattern.matcher(""));
    }
  }

  public void split(String text) {
    split(0, text, 0, text.length());
  }

  /// Applies a step and those after it to a piece. The depth is the number of steps.
  private void split(int step, String text, int from, int to) {
    if (from == to) {
      return;
    }
    if (step == matchers.length) {
      words.accept(text.substring(from, to));
      return;
    }
    if (steps.get(step).equals(WordStep.BYTES)) {
      String bytes = ByteAlphabet.encode(text.substring(from, to));
      split(step + 1, bytes, 0, bytes.length());
      return;
    }
    // What is outside of the piece is not there for the pattern.
    Matcher matcher = matchers[step].reset(text).region(from, to);
    int done = from;
    while (matcher.find()) {
      int start = matcher.start();
      int end = matcher.end();
      split(step + 1, text, done, start);
      split(step + 1, text, start, end);
      done = end;
    }
    split(step + 1, text, done, to);
  }
}
